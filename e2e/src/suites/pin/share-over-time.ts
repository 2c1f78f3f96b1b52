import type { UserAnswer } from '../clients/keep-alive-users.ts';

const bucketMs = 250;

/** The share of the chosen pods in each quarter of a second, as points of [seconds since `zeroMs`, share]; empty quarters are left out. */
export function shareOverTime(
  answers: readonly UserAnswer[],
  isChosen: (backend: string) => boolean,
  zeroMs: number,
): readonly (readonly [seconds: number, share: number])[] {
  const buckets = new Map<number, { all: number; chosen: number }>();
  for (const { atMs, backend } of answers) {
    const key = Math.floor((atMs - zeroMs) / bucketMs);
    const bucket = buckets.get(key) ?? { all: 0, chosen: 0 };
    bucket.all++;
    if (isChosen(backend)) bucket.chosen++;
    buckets.set(key, bucket);
  }
  const ordered = [...buckets].sort(([a], [b]) => a - b);
  return ordered.map(([key, { all, chosen }]) => [((key + 0.5) * bucketMs) / 1_000, chosen / all] as const);
}

/** The chosen pods' share of the answers in [fromMs, toMs); 0 without any. */
export function shareWithin(
  answers: readonly UserAnswer[],
  isChosen: (backend: string) => boolean,
  fromMs: number,
  toMs: number,
): number {
  const within = answers.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  return within.length === 0 ? 0 : within.filter(({ backend }) => isChosen(backend)).length / within.length;
}
