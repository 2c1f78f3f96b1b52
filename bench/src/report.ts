import { type Bar, type Bench, type Sample, subject } from './bench.ts';
import type { Machine } from './machine.ts';

/** The one JSON object of a run. */
export interface Report {
  readonly bench: string;
  readonly machine: Machine;
  readonly results: readonly Result[];
  readonly ratios: readonly Ratio[];
  readonly bars: readonly BarResult[];
  readonly pass: boolean;
}

/** All rounds of one target, variant and metric. */
interface Result {
  readonly target: string;
  readonly variant: string;
  readonly metric: string;
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
}

/** Median of fairlead over median of the peer. */
interface Ratio {
  readonly peer: string;
  readonly variant: string;
  readonly metric: string;
  readonly ratio: number;
}

interface BarResult {
  readonly bar: string;
  readonly value: number | null;
  readonly max: number;
  readonly pass: boolean;
}

export function toReport(bench: Bench, machine: Machine, samples: readonly Sample[]): Report {
  const results = toResults(samples);
  const bars = bench.bars.map((bar) => judge(bar, results));
  return { bench: bench.name, machine, results, ratios: toRatios(results), bars, pass: bars.every((bar) => bar.pass) };
}

function toResults(samples: readonly Sample[]): readonly Result[] {
  const groups = Map.groupBy(samples, (s) => JSON.stringify([s.target, s.variant, s.metric, s.unit]));
  return [...groups.values()].map((group) => {
    const { target, variant, metric, unit } = group[0]!;
    const values = group.map((s) => s.value).sort((a, b) => a - b);
    return {
      target,
      variant,
      metric,
      unit,
      median: median(values),
      min: values[0]!,
      max: values.at(-1)!,
      rounds: values.length,
    };
  });
}

/** Of sorted values. */
function median(values: readonly number[]): number {
  const middle = values.length >> 1;
  return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
}

function toRatios(results: readonly Result[]): readonly Ratio[] {
  return results
    .filter((result) => result.target !== subject)
    .flatMap(({ target, variant, metric, median: peer }) => {
      const own = find(results, subject, variant, metric);
      return own === null || peer === 0 ? [] : [{ peer: target, variant, metric, ratio: own / peer }];
    });
}

function find(results: readonly Result[], target: string, variant: string, metric: string): number | null {
  return results.find((r) => r.target === target && r.variant === variant && r.metric === metric)?.median ?? null;
}

function judge(bar: Bar, results: readonly Result[]): BarResult {
  const own = find(results, subject, bar.variant, bar.metric);
  const base = baseOf(bar, results);
  const value = own === null || base === null ? null : own / base;
  return { bar: describe(bar), value, max: bar.max, pass: value !== null && value <= bar.max };
}

function baseOf(bar: Bar, results: readonly Result[]): number | null {
  switch (bar.kind) {
    case 'ratio':
      return find(results, bar.peer, bar.variant, bar.metric);
    case 'variant':
      return find(results, subject, bar.base, bar.metric);
    case 'value':
      return 1;
  }
}

function describe(bar: Bar): string {
  const what = bar.variant === '' ? bar.metric : `${bar.metric}, ${bar.variant}`;
  switch (bar.kind) {
    case 'ratio':
      return `${what}: × ${bar.peer}`;
    case 'variant':
      return `${what}: × ${bar.base}`;
    case 'value':
      return what;
  }
}

/** For people. */
export function formatReport(report: Report): string {
  const { machine } = report;
  const rows = report.results.map((r) => [
    r.target,
    r.variant,
    r.metric,
    `${number(r.median)} ${r.unit}`,
    `${number(r.min)}–${number(r.max)}`,
    ratioText(report.ratios, r),
  ]);
  const table = columns([['target', 'variant', 'metric', 'median', 'min–max', 'fairlead ×'], ...rows]);
  const bars = report.bars.map((bar) => [
    bar.pass ? '  ok  ' : ' FAIL ',
    bar.bar,
    bar.value === null ? 'not measured' : number(bar.value),
    `≤ ${bar.max}`,
  ]);
  return `${report.bench} on ${machine.cpus} × ${machine.model}, Node ${machine.node}\n\n${table}\n\n${columns(bars)}\n`;
}

function ratioText(ratios: readonly Ratio[], result: Result): string {
  const ratio = ratios.find(
    (r) => r.peer === result.target && r.variant === result.variant && r.metric === result.metric,
  );
  return ratio === undefined ? '' : ratio.ratio.toFixed(2);
}

function number(value: number): string {
  if (value !== 0 && Math.abs(value) < 10) return value.toFixed(2);
  return Math.abs(value) < 1_000 ? value.toFixed(1) : String(Math.round(value));
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
