/** What `ip -force -batch` says on its standard error, told apart by the line of its input that each complaint is about. */
export class BatchComplaints {
  readonly #byLine = new Map<number, string>();
  #unfinished = '';

  hear(text: string): void {
    const parts = `${this.#unfinished}${text}`.split(/^Command failed -:(\d+)\n/m);
    this.#unfinished = parts.pop() ?? '';
    for (let at = 0; at < parts.length; at += 2) this.#byLine.set(Number(parts[at + 1]), (parts[at] ?? '').trim());
  }

  /** Of each of these lines, once; undefined where there is none. */
  take(lines: readonly number[]): readonly (string | undefined)[] {
    const taken = lines.map(line => this.#byLine.get(line));
    for (const line of lines) this.#byLine.delete(line);
    return taken;
  }

  /** Nothing is left that is about no line, or about one that nobody took. */
  get areAllTaken(): boolean {
    return this.#unfinished === '' && this.#byLine.size === 0;
  }
}
