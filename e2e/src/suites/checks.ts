export interface CheckResult {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** What was seen, or why it was skipped. */
  readonly detail: string;
}

/** What `--json` prints, for each suite. */
export interface SuiteReport {
  readonly suite: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly figures: Readonly<Record<string, Figure>>;
  readonly checks: readonly CheckResult[];
}

/** A measured number, or a few of one kind. */
export type Figure = number | string | readonly number[] | Readonly<Record<string, number>>;

/** Gathers what a suite found. A check that fails does not end its suite. */
export class Checks {
  readonly #suite: string;
  readonly #progress: (line: string) => void;
  readonly #results: CheckResult[] = [];
  readonly #figures: Record<string, Figure> = {};

  constructor(suite: string, progress: (line: string) => void) {
    this.#suite = suite;
    this.#progress = progress;
  }

  /** True when it holds. */
  expect(name: string, holds: boolean, detail: string): boolean {
    this.#add({ name, outcome: holds ? 'passed' : 'failed', detail });
    return holds;
  }

  skip(name: string, reason: string): void {
    this.#add({ name, outcome: 'skipped', detail: reason });
  }

  figure(name: string, value: Figure): void {
    this.#figures[name] = value;
  }

  /** Runs a part of a suite; what it throws is a failed check, and the parts behind it still run. */
  async part(name: string, run: () => Promise<void>): Promise<void> {
    this.#progress(`${this.#suite}: ${name} …`);
    try {
      await run();
    } catch (error) {
      this.expect(name, false, error instanceof Error ? error.message : String(error));
    }
  }

  report(): SuiteReport {
    const count = (outcome: CheckResult['outcome']): number =>
      this.#results.filter((result) => result.outcome === outcome).length;
    return {
      suite: this.#suite,
      passed: count('passed'),
      failed: count('failed'),
      skipped: count('skipped'),
      figures: this.#figures,
      checks: this.#results,
    };
  }

  #add(result: CheckResult): void {
    this.#results.push(result);
    this.#progress(`  ${result.outcome}: ${result.name}${result.detail === '' ? '' : `: ${result.detail}`}`);
  }
}
