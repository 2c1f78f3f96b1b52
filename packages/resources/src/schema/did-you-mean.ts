/** ` (did you mean "…"?)` for the candidate that is a few typing errors away; '' when none is. */
export function didYouMean(text: string, candidates: Iterable<string>): string {
  const nearest = nearestOf(text, candidates);
  return nearest === null ? '' : ` (did you mean "${nearest}"?)`;
}

/** The candidate that differs from `text` in case or by at most two typing errors; short words by one, long by three. */
export function nearestOf(text: string, candidates: Iterable<string>): string | null {
  let nearest: string | null = null;
  if (text.length > 64) return null;
  let least = text.length < 5 ? 2 : text.length < 16 ? 3 : 4;
  for (const candidate of candidates) {
    const distance = editDistance(text.toLowerCase(), candidate.toLowerCase());
    if (distance >= least) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest;
}

/** Insertions, deletions, substitutions, and exchanges of neighbours. */
function editDistance(a: string, b: string): number {
  let twoAbove: readonly number[] = [];
  let above: readonly number[] = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const exchanged = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? twoAbove[j - 2]! + 1 : substituted;
      row.push(Math.min(substituted, exchanged, above[j]! + 1, row[j - 1]! + 1));
    }
    twoAbove = above;
    above = row;
  }
  return above[b.length]!;
}
