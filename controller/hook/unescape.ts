/**
 * Undoes MHA's escaping of users and passwords: one scan from left to right, a backslash gives the next character.
 * Two passes (first `\\`, then the others) would turn `p\\!w`, which stands for `p\!w`, into `p!w`.
 */
export const unescape = (escaped: string): string => escaped.replace(/\\([\s\S])/g, '$1');
