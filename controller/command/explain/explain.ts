import {isRefusalReason, refusalReasons} from '../../../proto/refusal.ts';
import {CommandMisused} from '../command-misused.ts';
import type {CommandEnvironment} from '../environment.ts';
import {commandExitCodes} from '../run-command.ts';
import {wrap} from '../terminal/wrap.ts';
import {exitMeanings} from './exit-meanings.ts';
import {nextSteps} from './next-steps.ts';

/** `mha-helper explain`: what an exit code of a hook or a reason of an agent means, and what to do. Throws `CommandMisused` for any other word. */
export const explain = (
  {word, json}: {readonly word: string; readonly json: boolean},
  {tell, terminal: {columns}}: Pick<CommandEnvironment, 'tell' | 'terminal'>,
): number => {
  const {title, means, next} = find(word);
  if (json) tell(JSON.stringify({word: title, means, next}));
  else
    for (const line of [
      ...wrap(`${title}: ${means}`, {width: columns, first: '', indent: '  '}),
      ...wrap(next, {width: columns, first: '  ', indent: '  '}),
    ])
      tell(line);
  return commandExitCodes.done;
};

const find = (word: string): {readonly title: string; readonly means: string; readonly next: string} => {
  const reason = word.toUpperCase().replaceAll('-', '_');
  if (isRefusalReason(reason)) return {title: reason, means: refusalReasons[reason], next: nextSteps[reason]};
  const [means, next] = Object.hasOwn(exitMeanings, word) ? (exitMeanings[word] ?? []) : [];
  if (means !== undefined && next !== undefined) return {title: word, means, next};
  const known = [...Object.keys(exitMeanings), ...Object.keys(refusalReasons)].join(', ');
  throw new CommandMisused(
    `${JSON.stringify(word)} is no exit code of a hook and no reason of an agent`,
    `known are: ${known}`,
  );
};
