import type { MatchEntry, PathRewrite, RequestRedirect, Rule, ValueMatch, WeightedBackend } from '@fairlead/routing';

/** How parts of the routing table read on one line, for tables and explanations. */

/** `/shop` exact, `/shop/*` as a prefix, `~ ^/v[0-9]+$` as a regular expression. */
export function pathText({ type, value }: MatchEntry['path']): string {
  if (type === 'exact') return value;
  return type === 'prefix' ? `${value}/*` : `~ ${value}`;
}

/** What a request needs besides its path: `POST  x-preview=yes  ?debug~^1`. '' for nothing. */
export function conditionText({ method, headers, query }: MatchEntry): string {
  const values = [...headers.map((match) => valueText(match, '')), ...query.map((match) => valueText(match, '?'))];
  return (method === '' ? values : [method, ...values]).join(' ');
}

function valueText({ name, type, value }: ValueMatch, prefix: string): string {
  return `${prefix}${name}${type === 'exact' ? '=' : '~'}${value}`;
}

/** Where a rule sends requests: `default/demo:80 90 %, default/next:80 10 %`, `301 → https://…`, `500 (invalid_filter)`. */
export function targetText(rule: Rule): string {
  if (rule.failure !== null) return `${rule.failure.status} (${rule.failure.reason})`;
  const redirect = rule.filters.find((filter) => filter.type === 'requestRedirect');
  if (redirect !== undefined) return redirectText(redirect);
  return backendsText(rule.backends);
}

function backendsText(backends: readonly WeightedBackend[]): string {
  const total = backends.reduce((sum, { weight }) => sum + weight, 0);
  return backends.map((backend) => backendText(backend, total)).join(', ');
}

function backendText({ backend, weight }: WeightedBackend, total: number): string {
  const name = backend ?? '500 (invalid backend)';
  return weight === total ? name : `${name} ${shareText(weight / total)}`;
}

/** `10 %`, `33.3 %`. */
function shareText(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}

/** `name` of the rule, or its index. */
export function ruleText({ route, name, index }: Rule): string {
  return `${route.kind} ${route.namespace}/${route.name} rule ${name === '' ? index : `"${name}"`}`;
}

function redirectText({ status, scheme, hostname, port, path }: RequestRedirect): string {
  const changes = [
    scheme === '' ? [] : `scheme ${scheme}`,
    hostname === '' ? [] : `host ${hostname}`,
    port === 0 ? [] : `port ${port}`,
    path === null ? [] : rewriteText(path),
  ].flat();
  return `redirect ${status}${changes.length === 0 ? '' : ` to ${changes.join(', ')}`}`;
}

function rewriteText({ type, value }: PathRewrite): string {
  return type === 'replaceFull' ? `path ${value}` : `prefix ${value === '' ? '/' : value}`;
}
