/** Counts Ctrl-C (and SIGTERM) instead of ending the process. */
export class Interrupts {
  #count = 0;
  readonly #hear = (): void => {
    this.#count++;
  };

  constructor() {
    for (const signal of signals) process.on(signal, this.#hear);
  }

  get count(): number {
    return this.#count;
  }

  /** From now on a signal ends the process again. */
  close(): void {
    for (const signal of signals) process.off(signal, this.#hear);
  }
}

const signals = ['SIGINT', 'SIGTERM'] as const;
