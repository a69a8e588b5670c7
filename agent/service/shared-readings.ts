/** One that takes longer waits for a server that hangs: whoever asks now must not wait for that twice. */
const patienceMs = 250;

/**
 * Readings that several callers want at the same time: one runs, and everyone who asks meanwhile shares the next. A
 * caller never gets facts from before his question, and however many ask, the server behind is read by one, or by one more
 * every quarter of a second.
 */
export class SharedReadings<T> {
  readonly #slots = new Map<string, {readonly running: Promise<unknown>; next: Promise<T> | undefined}>();

  /** `read` must do the same for the same key. */
  read(key: string, read: () => Promise<T>): Promise<T> {
    const slot = this.#slots.get(key);
    if (slot === undefined) return this.#start(key, read);
    slot.next ??= endOrPatience(slot.running).then(() => this.#start(key, read));
    return slot.next;
  }

  #start(key: string, read: () => Promise<T>): Promise<T> {
    const reading = read();
    const slot = {running: settled(reading), next: undefined as Promise<T> | undefined};
    this.#slots.set(key, slot);
    void slot.running.then(() => {
      if (slot.next === undefined) this.#slots.delete(key);
    });
    return reading;
  }
}

const endOrPatience = async (running: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>(resolve => {
    timer = setTimeout(resolve, patienceMs);
  });
  await Promise.race([running, patience]);
  clearTimeout(timer);
};

const settled = (reading: Promise<unknown>): Promise<void> =>
  reading.then(
    () => {},
    () => {},
  );
