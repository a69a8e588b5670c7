// The man pages of all commands. What a command says with --help is taken word for word; the hooks have no help, since
// only MHA starts them.
import {gzipSync} from 'node:zlib';

const files = [
  ['/etc/mha-helper/agent.ini', 'what the agent of this host may do'],
  ['/etc/mha-helper/*.conf', 'one file per cluster, on the manager'],
  ['/etc/mha-helper/pki/', 'certificates'],
  ['/var/lib/mha-helper/', 'failover records, on the manager'],
  ['/var/lib/mha-helper-agent/', "the agent's journal"],
];

const hookExits = `0   done and verified
1   failed; everything was put back, or the output says what was not
2   bad arguments or configuration; nothing was changed
10  MHA goes on although something is missing; the output says what`;

export const hooks = {
  master_ip_online_failover_helper:
    'moves writes and the writer VIP in an online switch; MHA calls it as master_ip_online_change_script',
  master_ip_hard_failover_helper:
    'moves the writer VIP in a failover of a dead master; MHA calls it as master_ip_failover_script',
  master_failover_report: 'reports a failover by mail; MHA calls it as report_script',
};

/** @param tree from read-help.mjs. */
export const manPageOfCommand = (name, summary, tree, meta) => {
  const below = flatten(tree).filter(({path}) => path.length > 0);
  const sections = [verbatim('DESCRIPTION', tree.help)];
  if (below.length > 0) sections.push('.SH COMMANDS');
  for (const {path, help} of below) sections.push(`.SS ${inRoff(path.join(' '))}`, block(help));
  return page(name, summary, [...sections, filesSection()], meta);
};

export const manPageOfHook = (name, meta) => {
  const text = `This command is a hook: MHA starts it, with its own arguments, once for each phase of a failover. mha-helper explain
tells what an exit code means, mha-helper history and show what a failover did.`;
  return page(
    name,
    hooks[name],
    ['.SH DESCRIPTION', inRoff(text.replaceAll('\n', ' ')), verbatim('EXIT STATUS', hookExits), filesSection()],
    meta,
  );
};

const flatten = tree => [tree, ...tree.commands.flatMap(flatten)];

const page = (name, summary, sections, {version, date}) => {
  const head = [`.TH ${name.toUpperCase()} 8 "${date}" "mha-helper ${version}" "mha-helper"`, '.SH NAME'];
  const text = [...head, `${inRoff(name)} \\- ${inRoff(summary)}`, ...sections, '.SH SEE ALSO', seeAlso(name)];
  return gzipSync(`${text.join('\n')}\n`, {level: 9}); // Node writes no time and no name into the header
};

const seeAlso = name =>
  ['mha-helper', 'mha-helper-agent', 'mysql_failover', 'mysql_online_failover', ...Object.keys(hooks)]
    .filter(other => other !== name)
    .map((other, at, all) => `.BR ${other} (8)${at < all.length - 1 ? ',' : ''}`)
    .join('\n');

const filesSection = () => ['.SH FILES', ...files.map(([file, what]) => `.TP\n.I ${file}\n${what}`)].join('\n');

const verbatim = (heading, text) => `.SH ${heading}\n${block(text)}`;
const block = text => `.nf\n${inRoff(text)}\n.fi`;

/** In roff a backslash, a hyphen that one may copy, and a line that begins with . or ' have meanings of their own. */
const inRoff = text =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');
