// Bash completion of mha-helper, made of its help: commands, options, and the names of the clusters in /etc/mha-helper.

/** @param tree from read-help.mjs. */
export const bashCompletion = tree => `# bash completion of mha-helper
_mha_helper() {
  local cur=\${COMP_WORDS[COMP_CWORD]} path= word words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
${nodes(tree)
  .filter(({path}) => path.length > 0)
  .map(({path}) => `      "${[...path].map(name => ` ${name}`).join('')}") path="$path $word" ;;`)
  .join('\n')}
    esac
  done
  case "$path" in
${nodes(tree).map(choices).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
_mha_helper_clusters() {
  local file
  for file in "\${MHA_HELPER_CONFIG_DIR:-/etc/mha-helper}"/*.conf; do
    [ -e "$file" ] && file=\${file##*/} && echo "\${file%.conf}"
  done
}
complete -o default -F _mha_helper mha-helper
`;

const nodes = tree => [tree, ...tree.commands.flatMap(nodes)];

const choices = ({path, help, options, commands}) => {
  const clusters = /^Usage:.*[<[]cluster[\]>]/m.test(help) ? ' $(_mha_helper_clusters)' : '';
  const names = [...commands.map(each => each.path.at(-1)), ...options];
  return `    "${path.map(name => ` ${name}`).join('')}") words="${names.join(' ')}${clusters}" ;;`;
};
