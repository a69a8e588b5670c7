// Loaded when a clouds.yaml is read: hooks of other VIP types start without the library.
import {parseDocument} from 'yaml';

/** The document, or where it is wrong: the parser's own message may quote the line, and that may be the password's. */
export const parseYaml = (text: string): {readonly value: unknown} | {readonly line: number; readonly code: string} => {
  const document = parseDocument(text, {prettyErrors: false});
  const [error] = document.errors;
  if (error === undefined) return {value: document.toJS() as unknown};
  return {line: text.slice(0, error.pos[0]).split('\n').length, code: error.code};
};
