/** One side-by-side comparison. It starts its targets, measures them in turn, several rounds, and stops what it started. */
export interface Bench {
  readonly name: string;
  readonly summary: string;
  readonly bars: readonly Bar[];
  run(context: BenchContext): Promise<readonly Sample[]>;
}

export interface BenchContext {
  readonly rounds: number;
  /** A scratch directory, removed afterwards. */
  readonly directory: string;
  /** About how long each target is loaded for one figure. */
  readonly seconds: number;
  /** Names of the targets to measure; all when empty. */
  readonly only: readonly string[];
  /** Variants to measure, each by a part of its name; all when empty. Benches of one variant ignore it. */
  readonly variants: readonly string[];
  progress(line: string): void;
}

/** One measured value. */
export interface Sample {
  /** 'fairlead', 'nginx', … */
  readonly target: string;
  /** What was varied, e.g. '10000 routes'; '' when nothing was. */
  readonly variant: string;
  readonly metric: string;
  readonly unit: string;
  readonly value: number;
}

/** What must hold of the medians. */
export type Bar =
  | {
      readonly kind: 'ratio';
      readonly variant: string;
      readonly metric: string;
      readonly peer: string;
      readonly max: number;
    }
  /** Against another variant of our own. */
  | {
      readonly kind: 'variant';
      readonly variant: string;
      readonly metric: string;
      readonly base: string;
      readonly max: number;
    }
  | { readonly kind: 'value'; readonly variant: string; readonly metric: string; readonly max: number };

/** Whether the caller asked for the variant. */
export function isWanted(variant: string, { variants }: Pick<BenchContext, 'variants'>): boolean {
  return variants.length === 0 || variants.some((text) => variant.includes(text));
}

export const subject = 'fairlead';
