/**
 * Undoes MHA's escaping of users and passwords: one scan from left to right, a backslash gives the next character.
 * Replacing one special character after the other would read the second half of `\\` as the start of a new escape.
 */
export const unescapeArgument = (escaped: string): string => escaped.replace(/\\([\s\S])/g, '$1');
