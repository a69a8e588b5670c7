/** Takes the instance for us alone; undefined: an operation has it. */
export type Hold = (port: number, holder: string) => (() => void) | undefined;

interface Running {
  readonly ending: AbortController;
  readonly done: Promise<void>;
}

/** What the agent does by itself on an instance while no operation is open there. An operation goes before: it interrupts. */
export class Background {
  readonly #hold: Hold;
  readonly #running = new Map<number, Running>();

  constructor(hold: Hold) {
    this.#hold = hold;
  }

  /** Runs one piece of work that never rejects; does nothing while the instance is taken. */
  async run(port: number, holder: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const release = this.#hold(port, holder);
    if (release === undefined) return;
    const ending = new AbortController();
    const done = work(ending.signal).finally(() => {
      this.#running.delete(port);
      release();
    });
    this.#running.set(port, {ending, done});
    await done;
  }

  /** Ends what is under way there (everywhere, if no port is named), and waits until it has ended. */
  async interrupt(port?: number): Promise<void> {
    const running = [...this.#running].filter(([one]) => port === undefined || one === port);
    for (const [, {ending}] of running) ending.abort();
    await Promise.all(running.map(([, {done}]) => done));
  }
}
