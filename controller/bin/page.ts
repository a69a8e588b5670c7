/** Words of the reader's pager; undefined: nobody looks on, or no pager is wanted. */
export const pagerOf = (env: NodeJS.ProcessEnv, isTerminal: boolean): readonly [string, ...string[]] | undefined => {
  if (!isTerminal || env.TERM === 'dumb') return undefined;
  const [program, ...args] = (env.PAGER ?? 'less').trim().split(/\s+/);
  return program === undefined || program === '' || program === 'cat' ? undefined : [program, ...args];
};

/** Shows the text in the pager until the reader leaves it. False: there is no such program, nothing was shown. */
export const showInPager = async (
  [program, ...args]: readonly [string, ...string[]],
  text: string,
): Promise<boolean> => {
  const {execa} = await import('execa');
  // Ctrl-C is the pager's: without us it would be left alone with the terminal.
  const stay = (): void => {};
  process.on('SIGINT', stay);
  try {
    const {code} = await execa(program, args, {
      input: text,
      stdout: 'inherit',
      stderr: 'inherit',
      // Colours stay, and under sudo the pager offers no shell.
      env: {LESS: process.env.LESS ?? 'R', LESSCHARSET: process.env.LESSCHARSET ?? 'utf-8', LESSSECURE: '1'},
      reject: false,
    });
    return code !== 'ENOENT' && code !== 'EACCES';
  } finally {
    process.off('SIGINT', stay);
  }
};
