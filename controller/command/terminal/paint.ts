import {styleText} from 'node:util';
import type {Terminal} from '../environment.ts';

export type Style = 'good' | 'warning' | 'bad' | 'strong' | 'faint';

const formats = {good: 'green', warning: 'yellow', bad: 'red', strong: 'bold', faint: 'dim'} as const;

/** The text in its colour, where the reader's terminal has colours. */
export const paint = (text: string, style: Style | undefined, {hasColours}: Pick<Terminal, 'hasColours'>): string =>
  style === undefined || !hasColours ? text : styleText(formats[style], text, {validateStream: false});
