/** Breaks a text at blanks; continuation lines begin with `indent`. A word longer than a line stays whole, to be copied. */
export const wrap = (
  text: string,
  {width, first, indent}: {readonly width: number; readonly first: string; readonly indent: string},
): string[] => {
  const lines: string[] = [];
  let line = first;
  let isBare = true;
  for (const word of text.split(' ')) {
    if (!isBare && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent;
      isBare = true;
    }
    line += isBare ? word : ` ${word}`;
    isBare = false;
  }
  return [...lines, line];
};
