/** One way to harm a server, with what must come of it. */
export interface Attack {
  readonly name: string;
  /** Carries it out once. */
  run(target: AttackTarget): Promise<AttackOutcome>;
}

export interface AttackTarget {
  readonly port: number;
  /** Requests that the backend has seen so far. */
  backendHits(): number;
  /** Requests at the backend that are neither answered nor aborted. */
  backendOpen(): number;
  /** Resident memory of the target, in bytes. */
  residentBytes(): number;
  readonly deadlines: AttackedDeadlines;
}

/** What the target is configured to. */
export interface AttackedDeadlines {
  readonly headTimeoutMs: number;
  readonly bodyGraceMs: number;
  readonly writeIdleMs: number;
}

export interface AttackOutcome {
  readonly passed: boolean;
  /** What happened, in few words. */
  readonly detail: string;
}

/** What the backend does on its paths. */
export const attackedPaths = {
  /** 1 KiB at once. */
  quick: '/quick',
  /** Never answers. */
  hanging: '/hanging',
  /** 4 MiB. */
  large: '/large',
  /** Reads the body, then 1 KiB. */
  upload: '/upload',
} as const;
