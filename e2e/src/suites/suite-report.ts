import type { Figure, SuiteReport } from './checks.ts';

/** For people: what failed or was skipped, then the figures. */
export function formatReport(report: SuiteReport): string {
  const { suite, passed, failed, skipped } = report;
  const notable = report.checks.filter(({ outcome }) => outcome !== 'passed');
  return [
    `${suite}: ${passed} passed, ${failed} failed, ${skipped} skipped`,
    ...notable.map(({ outcome, name, detail }) => `  ${outcome}: ${name}${detail === '' ? '' : `: ${detail}`}`),
    ...Object.entries(report.figures).map(([name, figure]) => `  ${name}: ${figureText(figure)}`),
  ].join('\n');
}

function figureText(figure: Figure): string {
  if (typeof figure !== 'object') return String(figure);
  if (Array.isArray(figure)) return figure.join(', ');
  return Object.entries(figure)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

/** A suite is green when something passed and nothing failed: one that could check nothing has shown nothing. */
export function isGreen(report: SuiteReport): boolean {
  return report.failed === 0 && report.passed > 0;
}
