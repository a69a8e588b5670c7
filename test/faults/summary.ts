/** One line of the table at the end. */
export interface Line {
  readonly scenario: string;
  readonly broken: string;
  readonly outcome: string;
  readonly seconds: number;
}

/** What was broken and what came of it, collected by the tests of one file and printed when they are done. */
export class Summary {
  readonly #lines: Line[] = [];

  /** Runs a scenario; its return value is the outcome. */
  async tell(scenario: string, broken: string, run: () => Promise<string>): Promise<void> {
    const startedMs = performance.now();
    const seconds = () => Math.round((performance.now() - startedMs) / 100) / 10;
    try {
      const outcome = await run();
      this.#lines.push({scenario, broken, outcome, seconds: seconds()});
    } catch (error) {
      const [first = ''] = String((error as Error).message).split('\n');
      this.#lines.push({scenario, broken, outcome: `FAILED: ${first}`, seconds: seconds()});
      throw error;
    }
  }

  print(title: string): void {
    const rows = this.#lines.map(({scenario, broken, outcome, seconds}) => [
      scenario,
      broken,
      outcome,
      seconds.toFixed(1),
    ]);
    const table = [['scenario', 'broken', 'outcome', 'seconds'], ...rows];
    const widths = [0, 1, 2].map(column => Math.max(...table.map(row => row[column]?.length ?? 0)));
    const lines = table.map(row => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
    process.stdout.write(`\n${title}\n${lines.join('\n')}\n\n`);
  }
}
