import type { Condition } from '@fairlead/resources';
import { type CheckProblem, type CheckReport, isGood, isSilent, type ObjectReport } from './check-report.ts';
import type { Style } from './style.ts';

/** The report for people: objects with their conditions, what is wrong beneath each, and a last line that sums up. */
export function checkText(report: CheckReport, style: Style): string {
  const parts = report.problems.map((problem) => problemText(problem, style));
  if (parts.length > 0) parts.push('');
  for (const object of report.objects) parts.push(objectText(object, style));
  parts.push('', summary(report, style), '');
  return parts.join('\n');
}

function objectText({ object, file, line, conditions, parts, problems }: ObjectReport, style: Style): string {
  const lines = [`${style.strong(object)}  ${style.faint(placeText(file, line))}`.trimEnd()];
  if (conditions.length > 0) lines.push(`  ${conditionsText(conditions, style)}`);
  for (const { part, attachedRoutes, conditions: own } of parts) {
    const routes = attachedRoutes === undefined ? '' : `  ${counted(attachedRoutes, 'route')}`;
    lines.push(`  ${part}: ${conditionsText(own, style)}${routes}`);
  }
  for (const problem of problems) lines.push(`  ${problemText(problem, style)}`);
  return lines.join('\n');
}

/** A bad one carries its reason; its message stands in the problem beneath, with the field at fault. */
function conditionsText(conditions: readonly Condition[], style: Style): string {
  const shown = conditions.filter((condition) => !isSilent(condition));
  return shown.map((condition) => conditionText(condition, style)).join('  ');
}

function conditionText(condition: Condition, style: Style): string {
  if (isGood(condition)) return style.good(`✓ ${condition.type}`);
  return style.bad(`✗ ${condition.type}=${condition.status} (${condition.reason})`);
}

function problemText({ severity, file, line, field, message }: CheckProblem, style: Style): string {
  const mark = severity === 'error' ? style.bad('error') : style.doubtful('warning');
  const place = placeText(file, line);
  return [mark, place === '' ? [] : place, field === '' ? message : `${field}: ${message}`].flat().join('  ');
}

function placeText(file: string, line: number): string {
  return line > 0 ? `${file}:${line}` : file;
}

function summary({ objects, errors, warnings }: CheckReport, style: Style): string {
  const found = `${counted(objects.length, 'object')}: ${counted(errors, 'error')}, ${counted(warnings, 'warning')}`;
  if (errors > 0) return style.bad(found);
  return warnings > 0 ? style.doubtful(found) : style.good(found);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
