/** Command line arguments for people: what a password option carries never reaches a log, whichever way it is given. */
export const redact = (argv: readonly string[]): readonly string[] =>
  argv.map((argument, index) => {
    if (isSecret(argv[index - 1])) return '***';
    const [option = '', ...value] = argument.split('=');
    return isSecret(option) && value.length > 0 ? `${option}=***` : argument;
  });

/** True for `--orig_master_password` and for whatever a later MHA may call one; not for `--orig_master_password=x`. */
export const isSecret = (option: string | undefined): boolean => /^--[^=]*passw[^=]*$/i.test(option ?? '');
