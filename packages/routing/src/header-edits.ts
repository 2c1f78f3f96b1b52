import type { HttpHeader, HttpHeaderFilter } from '@fairlead/resources';
import { isHeaderValue, isToken } from './field-syntax.ts';
import type { FieldPath } from './problems.ts';
import type { RuleFindings } from './rule-findings.ts';
import type { NameValue, RequestHeaderModifier, ResponseHeaderModifier } from './table.ts';

type HeaderModifier = RequestHeaderModifier | ResponseHeaderModifier;

/**
 * Fields that frame messages or belong to one connection. The gateway writes them itself from what it parsed; a filter that could set them
 * could make two readers of one message disagree.
 */
const framing: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export function compileHeaderEdits(
  type: HeaderModifier['type'],
  spec: HttpHeaderFilter,
  path: FieldPath,
  findings: RuleFindings,
): HeaderModifier {
  const check = new NameCheck(type, findings);
  return {
    type,
    set: compileHeaders(spec.set ?? [], 'set', path, check, findings),
    add: compileHeaders(spec.add ?? [], 'add', path, check, findings),
    remove: (spec.remove ?? []).flatMap((name, i) => check.accept(name, 'remove', [...path, 'remove', i]) ?? []),
  };
}

function compileHeaders(
  headers: readonly HttpHeader[],
  action: string,
  path: FieldPath,
  check: NameCheck,
  findings: RuleFindings,
): readonly NameValue[] {
  const edits: NameValue[] = [];
  headers.forEach(({ name, value }, i) => {
    const accepted = check.accept(name, action, [...path, action, i, 'name']);
    if (accepted === null) return;
    if (!isHeaderValue(value)) {
      findings.addInvalid(
        [...path, action, i, 'value'],
        `value of "${name}" must be printable ASCII without surrounding spaces`,
      );
    }
    edits.push({ name: accepted, value });
  });
  return edits;
}

/**
 * "Only one action for a given header name is permitted. Filters specifying multiple actions … for any one header name are invalid", but
 * within one list "the first entry with an equivalent name MUST be considered … Subsequent entries … MUST be ignored".
 */
class NameCheck {
  readonly #type: HeaderModifier['type'];
  readonly #findings: RuleFindings;
  readonly #actions: Map<string, string> = new Map();

  constructor(type: HeaderModifier['type'], findings: RuleFindings) {
    this.#type = type;
    this.#findings = findings;
  }

  /** The name in lower case; null when it is not to be used. */
  accept(name: string, action: string, path: FieldPath): string | null {
    const lower = name.toLowerCase();
    const error = this.#refuse(lower, name);
    if (error !== null) {
      this.#findings.addInvalid(path, error);
      return null;
    }
    const taken = this.#actions.get(lower);
    if (taken === undefined) {
      this.#actions.set(lower, action);
      return lower;
    }
    if (taken === action)
      this.#findings.addWarning(path, `"${name}" is named before in ${action}; only the first counts`);
    else this.#findings.addInvalid(path, `"${name}" is named in ${taken} too; only one action per header is permitted`);
    return null;
  }

  #refuse(lower: string, name: string): string | null {
    if (!isToken(name)) return `"${name}" is not a header name`;
    if (framing.has(lower)) return `"${name}" is written by the gateway and can't be modified`;
    return lower === 'host' && this.#type === 'requestHeaderModifier'
      ? '"Host" can\'t be modified as a header; use filter URLRewrite with hostname'
      : null;
  }
}
