import type { HttpRouteRetry, HttpRouteTimeouts } from '@fairlead/resources';
import { parseDurationMs } from './duration.ts';
import type { FieldPath } from './problems.ts';
import type { RuleFindings } from './rule-findings.ts';
import type { Retry, Timeouts } from './table.ts';

/** "Setting a timeout to the zero duration (e.g. '0s') SHOULD disable the timeout completely." `rule` is the path of the rule. */
export function compileTimeouts(
  spec: HttpRouteTimeouts | undefined,
  rule: FieldPath,
  findings: RuleFindings,
): Timeouts {
  if (spec === undefined) return noTimeouts;
  const path = [...rule, 'timeouts'];
  const requestMs = compileDurationMs(spec.request, [...path, 'request'], findings);
  const backendRequestMs = compileDurationMs(spec.backendRequest, [...path, 'backendRequest'], findings);
  if (requestMs > 0 && backendRequestMs > requestMs) {
    const message = `${spec.backendRequest} is longer than timeouts.request, ${spec.request}`;
    findings.addInvalid([...path, 'backendRequest'], message);
  }
  return { requestMs, backendRequestMs };
}

const noTimeouts: Timeouts = { requestMs: 0, backendRequestMs: 0 };
const defaultAttempts = 1;

/** Null when the rule says nothing. */
export function compileRetry(spec: HttpRouteRetry | undefined, rule: FieldPath, findings: RuleFindings): Retry | null {
  if (spec === undefined) return null;
  const path = [...rule, 'retry'];
  const { attempts = defaultAttempts, codes = [] } = spec;
  if (!(Number.isSafeInteger(attempts) && attempts >= 0)) {
    findings.addInvalid([...path, 'attempts'], `${attempts} is not a number of attempts`);
  }
  codes.forEach((code, i) => {
    if (Number.isSafeInteger(code) && code >= 400 && code <= 599) return;
    findings.addInvalid([...path, 'codes', i], `${code} is not a status between 400 and 599`);
  });
  return {
    attempts,
    backoffMs: compileDurationMs(spec.backoff, [...path, 'backoff'], findings),
    codes: [...new Set(codes)],
  };
}

/** 0 when absent. */
export function compileDurationMs(text: string | undefined, path: FieldPath, findings: RuleFindings): number {
  if (text === undefined) return 0;
  const durationMs = parseDurationMs(text);
  if (durationMs === null) findings.addInvalid(path, `"${text}" is not a duration such as 500ms, 10s or 1h30m`);
  return durationMs ?? 0;
}
