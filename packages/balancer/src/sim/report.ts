import type { Played, Scenario } from './scenarios.ts';
import { hits, type Summary, summarise } from './summary.ts';

const chartColumns = 60;
const levels = ' ▁▂▃▄▅▆▇█';

export function tableHead(): string {
  return row(['scenario', 'requests', 'failed', 'p50 ms', 'p99 ms', 'max ms', 'share of the bad one']);
}

/** One line of figures, one with the share of the endpoint in question over time: full height is twice a fair share. */
export function reportOf(scenario: Scenario, played: Played): string {
  const summary = summarise(played.simulation, played.fromMs, played.toMs);
  const line = row([
    scenario.name,
    String(summary.requests),
    String(summary.failed),
    summary.p50Ms.toFixed(1),
    summary.p99Ms.toFixed(1),
    summary.maxMs.toFixed(0),
    shareText(scenario, summary),
  ]);
  return `${line}\n  ${scenario.plot}\n  ${chart(scenario, played)}`;
}

function shareText(scenario: Scenario, summary: Summary): string {
  return scenario.about === null ? '' : `${(100 * summary.shares[scenario.about]!).toFixed(3)} %`;
}

function chart(scenario: Scenario, { simulation, fromMs, toMs }: Played): string {
  const stepMs = (toMs - fromMs) / chartColumns;
  const bars = Array.from({ length: chartColumns }, (_, i) => {
    const [start, end] = [fromMs + i * stepMs, fromMs + (i + 1) * stepMs];
    const all = simulation.backends.map((backend) => hits(backend, start, end));
    const total = all.reduce((sum, n) => sum + n, 0);
    const fair = total / all.length;
    const share = scenario.about === null ? Math.max(...all) : all[scenario.about]!;
    return bar(fair === 0 ? 0 : share / (2 * fair));
  });
  const what = scenario.about === null ? 'the busiest' : 'its';
  return `|${bars.join('')}| ${what} share, ${(stepMs / 1_000).toFixed(1)} s a column`;
}

function bar(ratio: number): string {
  if (ratio > 0 && ratio < 1 / 16) return '.';
  return levels[Math.min(levels.length - 1, Math.round(ratio * (levels.length - 1)))]!;
}

function row(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(18) : cell.padStart(i === cells.length - 1 ? 22 : 9))).join('');
}
