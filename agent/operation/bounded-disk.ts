/** A disk that may hang. Whatever is begun there is waited for no longer than its caller may. */
export class BoundedDisk {
  /** Hears of everything that has not ended in time, and again when that has ended after all. */
  readonly #onLate: (error: Error) => void;
  #isBusy = false;

  constructor(onLate: (error: Error) => void) {
    this.#onLate = onLate;
  }

  /** Something that was begun has not ended. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** While something hangs nothing else is begun: each would take one more of the few threads for files. One at a time. */
  async within(boundMs: number, act: () => Promise<void>): Promise<void> {
    const silent = new Error('the file system does not answer');
    if (this.#isBusy) throw silent;
    this.#isBusy = true;
    let isLate = false;
    const acting = act().finally(() => {
      this.#isBusy = false;
      if (isLate) this.#onLate(silent);
    });
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        isLate = true;
        this.#onLate(silent);
        reject(silent);
      }, boundMs);
    });
    await Promise.race([acting, silence]).finally(() => clearTimeout(timer));
  }
}
