/** One set of cases run through the gateway. */
export interface Suite {
  readonly name: string;
  readonly summary: string;
  run(context: SuiteContext): Promise<readonly CaseResult[]>;
}

export interface SuiteContext {
  /** A scratch directory, removed afterwards. */
  readonly directory: string;
  /** Names of the configurations to run; all when empty. */
  readonly only: readonly string[];
  /** About how many, of a suite that sends as many as it is told. */
  readonly requests: number;
  progress(line: string): void;
}

export interface CaseResult {
  /** What was varied, e.g. 'TLS, HTTP/2 upstream'. */
  readonly configuration: string;
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Why it failed or was skipped, or what was measured; may be empty. */
  readonly detail: string;
}
