// Puts into the README what is generated from the code: the table of configuration keys.
import {readFileSync, writeFileSync} from 'node:fs';
import {keyTable} from '../../controller/config/key-table.ts';

const file = new URL('../../README.md', import.meta.url);
const readme = readFileSync(file, 'utf8');
writeFileSync(
  file,
  readme.replace(
    /(<!-- keys:[^>]*-->\n)[\s\S]*?(<!-- \/keys -->)/,
    (_, begin, end) => `${begin}${keyTable().trim()}\n${end}`,
  ),
);
