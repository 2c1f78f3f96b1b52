import type {
  HttpRequestMirrorFilter,
  HttpRequestRedirectFilter,
  HttpRouteFilter,
  HttpUrlRewriteFilter,
} from '@fairlead/resources';
import { compileCors } from './cors-policy.ts';
import { isPreciseHostname } from './field-syntax.ts';
import { compileHeaderEdits } from './header-edits.ts';
import { compilePathRewrite } from './path-rewrite.ts';
import type { FieldPath } from './problems.ts';
import type { RuleContext } from './rule-context.ts';
import type { RuleFindings } from './rule-findings.ts';
import type { Filter, RequestMirror, RequestRedirect, RuleFailure, UrlRewrite } from './table.ts';

export interface CompiledFilters {
  readonly filters: readonly Filter[];
  /**
   * Set by a filter that can't be run here. "the filter MUST NOT be skipped. Instead, requests that would have been processed by that filter
   * MUST receive a HTTP error response."
   */
  readonly failure: RuleFailure | null;
}

/** The filters of a rule or of one of its backendRefs, in their order. `owner` is the path of what has them. */
export function compileFilters(
  specs: readonly HttpRouteFilter[] | undefined,
  owner: FieldPath,
  context: RuleContext,
): CompiledFilters {
  if (specs === undefined || specs.length === 0) return noFilters;
  const path = [...owner, 'filters'];
  checkCombination(specs, path, context.findings);
  const filters: Filter[] = [];
  let failure: RuleFailure | null = null;
  specs.forEach((spec, i) => {
    const compiled = compileFilter(spec, [...path, i], context);
    if (compiled === unsupported) failure = { status: 500, reason: 'filter_unsupported' };
    else if (compiled !== null) filters.push(compiled);
  });
  return { filters, failure };
}

const noFilters: CompiledFilters = { filters: [], failure: null };
const unsupported = 'unsupported';

/** The member that carries the settings of each type. */
const members: Readonly<Record<HttpRouteFilter['type'], keyof HttpRouteFilter>> = {
  RequestHeaderModifier: 'requestHeaderModifier',
  ResponseHeaderModifier: 'responseHeaderModifier',
  RequestRedirect: 'requestRedirect',
  URLRewrite: 'urlRewrite',
  RequestMirror: 'requestMirror',
  CORS: 'cors',
  ExternalAuth: 'externalAuth',
  ExtensionRef: 'extensionRef',
};

/** The filters that a GRPCRoute can have. */
const grpcFilters: ReadonlySet<string> = new Set([
  'RequestHeaderModifier',
  'ResponseHeaderModifier',
  'RequestMirror',
  'ExtensionRef',
]);

const repeatable: ReadonlySet<string> = new Set(['RequestMirror', 'ExtensionRef']);

/** "Specifying the same filter multiple times is not supported unless explicitly indicated"; "URLRewrite and RequestRedirect … may not be combined". */
function checkCombination(specs: readonly HttpRouteFilter[], path: FieldPath, findings: RuleFindings): void {
  const types = specs.map((spec) => spec.type);
  types.forEach((type, i) => {
    if (repeatable.has(type) || types.indexOf(type) === i) return;
    findings.addInvalid([...path, i], `filter ${type} may be used once only`, 'IncompatibleFilters');
  });
  const redirect = types.indexOf('RequestRedirect');
  if (redirect >= 0 && types.includes('URLRewrite')) {
    const message = 'RequestRedirect and URLRewrite may not be combined; remove one of them';
    findings.addInvalid([...path, redirect], message, 'IncompatibleFilters');
  }
}

/** Null when it is invalid or has no effect; the findings say so. */
function compileFilter(
  spec: HttpRouteFilter,
  path: FieldPath,
  context: RuleContext,
): Filter | typeof unsupported | null {
  const { findings, from } = context;
  const isKnown = spec.type in members && (from.kind !== 'GRPCRoute' || grpcFilters.has(spec.type));
  if (!isKnown) {
    const message = `filter type "${spec.type}" is not supported in ${from.kind}; requests are refused rather than let through`;
    findings.addInvalid([...path, 'type'], message);
    return unsupported;
  }
  if (!checkMembers(spec, path, findings)) return null;
  switch (spec.type) {
    case 'RequestHeaderModifier':
      return compileHeaderEdits(
        'requestHeaderModifier',
        spec.requestHeaderModifier!,
        [...path, members[spec.type]],
        findings,
      );
    case 'ResponseHeaderModifier':
      return compileHeaderEdits(
        'responseHeaderModifier',
        spec.responseHeaderModifier!,
        [...path, members[spec.type]],
        findings,
      );
    case 'RequestRedirect':
      return compileRedirect(spec.requestRedirect!, [...path, members[spec.type]], context);
    case 'URLRewrite':
      return compileRewrite(spec.urlRewrite!, [...path, members[spec.type]], context);
    case 'RequestMirror':
      return compileMirror(spec.requestMirror!, [...path, members[spec.type]], context);
    case 'CORS':
      return compileCors(spec.cors!, [...path, members[spec.type]], findings);
    case 'ExtensionRef': {
      const { group, kind, name } = spec.extensionRef!;
      findings.addUnresolved(
        [...path, members[spec.type]],
        'InvalidKind',
        `kind ${group}/${kind} ("${name}") is not supported as filter`,
      );
      return unsupported;
    }
    case 'ExternalAuth':
      findings.addInvalid(
        [...path, 'type'],
        'filter ExternalAuth is not supported; requests are refused rather than let through',
      );
      return unsupported;
  }
}

/** A filter's settings stand in the member of its type, and nowhere else. */
function checkMembers(spec: HttpRouteFilter, path: FieldPath, findings: RuleFindings): boolean {
  const member = members[spec.type];
  const stray = Object.values(members).find((other) => other !== member && spec[other] !== undefined);
  if (stray !== undefined) findings.addInvalid([...path, stray], `must not be set with type ${spec.type}`);
  if (spec[member] === undefined) findings.addInvalid(path, `${member} must be set with type ${spec.type}`);
  return stray === undefined && spec[member] !== undefined;
}

const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308] satisfies RequestRedirect['status'][];

function compileRedirect(spec: HttpRequestRedirectFilter, path: FieldPath, context: RuleContext): RequestRedirect {
  const { findings } = context;
  const { scheme = '', port = 0, statusCode = 302 } = spec;
  if (scheme !== '' && scheme !== 'http' && scheme !== 'https') {
    findings.addInvalid([...path, 'scheme'], `"${scheme}" is not supported; use http or https`);
  }
  if (!redirectStatuses.includes(statusCode)) {
    findings.addInvalid(
      [...path, 'statusCode'],
      `${statusCode} is not supported; use one of ${redirectStatuses.join(', ')}`,
    );
  }
  if (spec.port !== undefined && !isPort(port)) findings.addInvalid([...path, 'port'], `${port} is not a port`);
  return {
    type: 'requestRedirect',
    status: statusCode,
    scheme,
    hostname: compileHostname(spec.hostname, path, findings),
    port,
    path: spec.path === undefined ? null : compilePathRewrite(spec.path, [...path, 'path'], context),
  };
}

function compileRewrite(spec: HttpUrlRewriteFilter, path: FieldPath, context: RuleContext): UrlRewrite {
  return {
    type: 'urlRewrite',
    hostname: compileHostname(spec.hostname, path, context.findings),
    path: spec.path === undefined ? null : compilePathRewrite(spec.path, [...path, 'path'], context),
  };
}

function compileHostname(hostname: string | undefined, path: FieldPath, findings: RuleFindings): string {
  if (hostname === undefined) return '';
  if (!isPreciseHostname(hostname)) findings.addInvalid([...path, 'hostname'], `"${hostname}" is not a full hostname`);
  return hostname.toLowerCase();
}

/** Null when there is nowhere to mirror to: "this BackendRef is invalid and must be dropped". The rule serves without it. */
function compileMirror(spec: HttpRequestMirrorFilter, path: FieldPath, context: RuleContext): RequestMirror | null {
  const { numerator, denominator } = compileShare(spec, path, context.findings);
  const backend = context.useBackend(spec.backendRef, [...path, 'backendRef']);
  const sendable = backend !== null && context.backends.some(({ id, failure }) => id === backend && failure === null);
  return sendable ? { type: 'requestMirror', backend, numerator, denominator } : null;
}

function compileShare(
  { percent, fraction }: HttpRequestMirrorFilter,
  path: FieldPath,
  findings: RuleFindings,
): Pick<RequestMirror, 'numerator' | 'denominator'> {
  if (percent !== undefined && fraction !== undefined)
    findings.addInvalid(path, 'set either percent or fraction, not both');
  if (fraction !== undefined) {
    const { numerator, denominator = 100 } = fraction;
    const good = Number.isSafeInteger(numerator) && Number.isSafeInteger(denominator) && denominator > 0;
    if (!good || numerator < 0 || numerator > denominator) {
      findings.addInvalid([...path, 'fraction'], `${numerator}/${denominator} is not a fraction between 0 and 1`);
    }
    return { numerator, denominator };
  }
  if (percent === undefined) return { numerator: 1, denominator: 1 };
  if (!(Number.isSafeInteger(percent) && percent >= 0 && percent <= 100)) {
    findings.addInvalid([...path, 'percent'], `${percent} is not a whole percentage between 0 and 100`);
  }
  return { numerator: percent, denominator: 100 };
}

function isPort(port: number): boolean {
  return Number.isSafeInteger(port) && port >= 1 && port <= 65535;
}
