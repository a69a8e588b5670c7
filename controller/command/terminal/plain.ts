import type {Terminal} from '../environment.ts';

/**
 * Foreign text as one harmless line: what a server or an agent says must neither break the table nor send escape
 * sequences to the reader's terminal.
 */
export const toLine = (text: string, {hasUnicode}: Pick<Terminal, 'hasUnicode'>): string => {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return hasUnicode ? line : toAscii(line);
};

/** The same for a line that is laid out with blanks. */
export const toColumns = (text: string, {hasUnicode}: Pick<Terminal, 'hasUnicode'>): string => {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ').trimEnd();
  return hasUnicode ? line : toAscii(line);
};

/** For terminals that cannot show more: accents go, the rest becomes a question mark. */
const toAscii = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^\x20-\x7e]/gu, '?');

/** The text in this width: its end gives way to an ellipsis. */
export const fit = (text: string, width: number, {hasUnicode}: Pick<Terminal, 'hasUnicode'>): string => {
  if (text.length <= width) return text;
  const ellipsis = hasUnicode ? '\u2026' : '..';
  return `${text.slice(0, Math.max(0, width - ellipsis.length))}${ellipsis}`;
};
