import type { SessionPersistenceSpec } from '@fairlead/resources';
import { isPathText, isToken } from './field-syntax.ts';
import type { FieldPath } from './problems.ts';
import type { RuleFindings } from './rule-findings.ts';
import { compileDurationMs } from './rule-timing.ts';
import type { SessionPersistence } from './table.ts';

/** `ruleId` names the cookie when the user doesn't: "a unique cookie name SHOULD be generated". Null when the rule says nothing. */
export function compileSession(
  spec: SessionPersistenceSpec | undefined,
  ruleId: string,
  rule: FieldPath,
  findings: RuleFindings,
): SessionPersistence | null {
  if (spec === undefined) return null;
  const path = [...rule, 'sessionPersistence'];
  const { type = 'Cookie' } = spec;
  if (type !== 'Cookie' && type !== 'Header') {
    findings.addInvalid([...path, 'type'], `"${type}" is not supported; use Cookie or Header`);
  }
  const times = {
    absoluteTimeoutMs: compileDurationMs(spec.absoluteTimeout, [...path, 'absoluteTimeout'], findings),
    idleTimeoutMs: compileDurationMs(spec.idleTimeout, [...path, 'idleTimeout'], findings),
  };
  return type === 'Header'
    ? { type: 'header', name: headerName(spec, path, findings), path: '', ...times, lifetime: 'session' }
    : { ...compileCookie(spec, ruleId, path, findings), ...times };
}

function compileCookie(
  spec: SessionPersistenceSpec,
  ruleId: string,
  path: FieldPath,
  findings: RuleFindings,
): Omit<SessionPersistence, 'absoluteTimeoutMs' | 'idleTimeoutMs'> {
  const member = spec.cookie === undefined && spec.cookieConfig !== undefined ? 'cookieConfig' : 'cookie';
  const cookie = spec.cookie ?? spec.cookieConfig ?? {};
  const name = cookie.name ?? spec.sessionName ?? generateName(ruleId);
  if (spec.header !== undefined) findings.addInvalid([...path, 'header'], 'must not be set with type Cookie');
  if (!isToken(name)) findings.addInvalid([...path, member, 'name'], `"${name}" is not a cookie name`);
  if (
    cookie.path !== undefined &&
    !(cookie.path.startsWith('/') && isPathText(cookie.path) && !cookie.path.includes(';'))
  ) {
    findings.addInvalid([...path, member, 'path'], `"${cookie.path}" is not a cookie path that starts with "/"`);
  }
  const permanent = cookie.lifetimeType === 'Permanent';
  if (permanent && spec.absoluteTimeout === undefined) {
    findings.addInvalid([...path, 'absoluteTimeout'], 'must be set with lifetimeType Permanent');
  }
  return { type: 'cookie', name, path: cookie.path ?? '/', lifetime: permanent ? 'permanent' : 'session' };
}

/** Fields that mean something else, or that the gateway writes. */
const reserved: ReadonlySet<string> = new Set(
  'host connection content-length transfer-encoding te trailer upgrade keep-alive cookie set-cookie authorization'.split(
    ' ',
  ),
);

function headerName(spec: SessionPersistenceSpec, path: FieldPath, findings: RuleFindings): string {
  const name = (spec.header?.name ?? spec.sessionName ?? '').toLowerCase();
  if (spec.cookie !== undefined) findings.addInvalid([...path, 'cookie'], 'must not be set with type Header');
  if (name === '') findings.addInvalid([...path, 'header'], 'header.name must be set with type Header');
  else if (!isToken(name) || reserved.has(name))
    findings.addInvalid([...path, 'header', 'name'], `"${name}" can't carry a session`);
  return name;
}

/** The same for every replica and after every restart. FNV-1a, 32 bits: a clash needs two rules of one host with the same cookie path. */
function generateName(ruleId: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < ruleId.length; i++) hash = Math.imul(hash ^ ruleId.charCodeAt(i), 0x01000193);
  return `fairlead-${(hash >>> 0).toString(16).padStart(8, '0')}`;
}
