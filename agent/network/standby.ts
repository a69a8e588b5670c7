import type {CommandResult} from './command.ts';

/** A command that has been started and waits for what it shall read: starting takes it longer than its work. */
export interface Standby {
  /** Hands over its input. Undefined: it has ended already, so it takes a new one. */
  use(input: string): Promise<CommandResult> | undefined;
  /** It is not needed: it reads nothing, and ends. Without effect when it was used. */
  dismiss(): void;
}

export const standBy = (start: (input: Promise<string>) => Promise<CommandResult>): Standby => {
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
      if (hasEnded) return undefined;
      give(text);
      return finished;
    },
    dismiss: () => give(''),
  };
};
