/** What MHA's output tells, line by line. */
export interface MhaReader {
  /** `hook`: a line of ours. `phase`: MHA goes on to this. Undefined: nothing for a person. */
  read(line: string): {readonly kind: 'hook' | 'phase'; readonly text: string} | undefined;
  /** How long MHA waited for our hooks until now, their start-up included. */
  readonly hookMs: number;
}

export const createMhaReader = (now: () => number = () => performance.now()): MhaReader => {
  const isOurs = ourLines();
  const clock = hookClock(now);
  return {
    get hookMs() {
      return clock.totalMs;
    },
    read: line => {
      clock.see(line);
      if (isOurs(line)) return {kind: 'hook', text: line};
      const [, number, name] = /\[info\] \*{1,2} Phase ([\d.]+): (.*?) Phase ?\.\.$/.exec(line) ?? [];
      return name === undefined ? undefined : {kind: 'phase', text: `MHA, phase ${number}: ${name.toLowerCase()}`};
    },
  };
};

/** Tells our hooks' lines from MHA's own: from a line with our name to the one that ends a phase, or to MHA's next word. */
const ourLines = (): ((line: string) => boolean) => {
  let isInside = false;
  return line => {
    const isMarked = /^(mha-helper|master_\w+): /.test(line);
    if (isMarked) isInside = !/ after \d+ ms$/.test(line);
    else if (stamp.test(line)) isInside = false;
    return isMarked || (isInside && line.trim() !== '' && !line.startsWith('ssh: '));
  };
};

/** MHA says when it starts a script, then the command, and its next word is the script's result. */
const hookClock = (now: () => number) => {
  let since: number | undefined;
  const clock = {
    totalMs: 0,
    see: (line: string): void => {
      if (/ Executing master ip .*script/i.test(line)) since = now();
      else if (since !== undefined && stamp.test(line) && !line.includes(' --command=')) {
        clock.totalMs += now() - since;
        since = undefined;
      }
    },
  };
  return clock;
};

const stamp = /^\w{3} \w{3} .\d \d\d:\d\d:\d\d \d{4} - \[/;
