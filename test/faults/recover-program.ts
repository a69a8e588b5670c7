import {join} from 'node:path';
import {repository} from '../lab/namespaces.ts';

/** What the operator would do after reading `mha-helper status`. */
export const recoverProgram = (): readonly string[] => [
  process.execPath,
  join(repository, 'dist/controller/bin/mha-helper.js'),
  'recover',
  'lab',
  '--yes',
];
