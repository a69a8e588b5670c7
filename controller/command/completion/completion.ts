import type {Command} from 'commander';
import {CommandMisused} from '../command-misused.ts';

/** A shell script that completes the commands of this program: their names, options, clusters and hosts. */
export const completionFor = (shell: string, program: Command): string => {
  if (shell === 'bash') return bashScript(program);
  if (shell === 'zsh')
    return `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(program)}`;
  throw new CommandMisused(`there is no completion for ${JSON.stringify(shell)}`, 'known are: bash, zsh');
};

/** One command as the shell needs it. */
interface Entry {
  /** `vip acquire`; empty: the program itself. */
  readonly path: string;
  /** Subcommands and options. */
  readonly words: readonly string[];
  /** What its arguments are, in order. */
  readonly arguments: readonly string[];
}

const entriesOf = (command: Command, path: string): Entry[] => {
  const words = [
    ...command.commands.map(one => one.name()),
    ...command.options.flatMap(({long}) => long ?? []),
    '--help',
  ];
  const own = {path, words, arguments: command.registeredArguments.map(argument => argument.name())};
  return [own, ...command.commands.flatMap(one => entriesOf(one, `${path} ${one.name()}`.trim()))];
};

/** After these options comes a file or a directory. */
const pathOptions = ['--mha-conf', '--config-dir', '--dir'];
/** After these comes a host of a cluster. */
const hostOptions = ['--to', '--dead', '--from'];

const bashScript = (program: Command): string => {
  const entries = entriesOf(program, '');
  const cases = entries.map(
    ({path, words, arguments: names}) => `    '${path}') words='${words.join(' ')}'; arguments='${names.join(' ')}' ;;`,
  );
  return `# ${program.name()} completion: written by it, from its own commands
_mha_helper_clusters() {
  local file
  for file in "\${MHA_HELPER_CONFIG_DIR:-/etc/mha-helper}"/*.conf; do
    [ -e "$file" ] || continue
    file=\${file##*/}
    printf '%s\\n' "\${file%.conf}"
  done
}
_mha_helper_hosts() {
  sed -n 's/^ *\\[\\([^]]*\\)\\].*/\\1/p' "\${MHA_HELPER_CONFIG_DIR:-/etc/mha-helper}"/*.conf 2>/dev/null | grep -vx default
}
_mha_helper_entry() {
  case "$1" in
${cases.join('\n')}
    *) return 1 ;;
  esac
}
_mha_helper() {
  # not called path: in zsh that is PATH
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" chain='' words arguments word given=0 i
  COMPREPLY=()
  case "$previous" in
    ${pathOptions.join('|')}) COMPREPLY=($(compgen -f -- "$current")); return ;;
    ${hostOptions.join('|')}) COMPREPLY=($(compgen -W "$(_mha_helper_hosts)" -- "$current")); return ;;
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$word" in -*) continue ;; esac
    if _mha_helper_entry "$chain\${chain:+ }$word"; then chain="$chain\${chain:+ }$word"; else given=$((given + 1)); fi
  done
  _mha_helper_entry "$chain"
  set -- $arguments
  while [ "$given" -gt 0 ] && [ $# -gt 1 ]; do shift; given=$((given - 1)); done
  case "\${1:-}" in
    cluster) [ "$given" -gt 0 ] || words="$words $(_mha_helper_clusters)" ;;
    host) words="$words $(_mha_helper_hosts)" ;;
    shell) words="$words bash zsh" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _mha_helper ${program.name()}`;
};
