import type {CommandResult} from './command.ts';

/** A command that has been started and waits for what it shall read: starting takes it longer than its work. */
export interface Standby {
  /** Hands over its input. Undefined: it has ended, or waited for so long that it could be ended in its work; take a new one. */
  use(input: string): Promise<CommandResult> | undefined;
  /** It is not needed: it reads nothing, and ends. Without effect when it was used. */
  dismiss(): void;
}

/** @param usableMs how long it is of use, well within its time-out, which goes on from its start. */
export const standBy = (
  start: (input: Promise<string>) => Promise<CommandResult>,
  {usableMs}: {readonly usableMs: number},
): Standby => {
  const untilMs = performance.now() + usableMs;
  let give = (_: string): void => {};
  const input = new Promise<string>(resolve => {
    give = resolve;
  });
  let hasEnded = false;
  const finished = start(input).finally(() => {
    hasEnded = true;
  });
  finished.catch(() => {}); // whoever uses it hears of it
  return {
    use: text => {
      const isUsable = !hasEnded && performance.now() < untilMs;
      give(isUsable ? text : '');
      return isUsable ? finished : undefined;
    },
    dismiss: () => give(''),
  };
};
