import type {Tree} from './actions.ts';

/** `<Name>` with its content; a list becomes a set of items, as in EC2's answers. */
export const element = (name: string, content: Tree[string]): string => {
  if (content === undefined) return '';
  if (Array.isArray(content)) return `<${name}>${content.map(item => element('item', item)).join('')}</${name}>`;
  if (typeof content !== 'object') return `<${name}>${escaped(String(content))}</${name}>`;
  const inner = Object.entries(content as Tree).map(([key, value]) => element(key, value));
  return `<${name}>${inner.join('')}</${name}>`;
};

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
