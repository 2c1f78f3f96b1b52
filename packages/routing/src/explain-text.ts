import type { ExplainedMatch, Explanation } from './explain.ts';
import type { RequestView } from './match.ts';
import { type FailedCondition, headerValue } from './match-naive.ts';
import { QueryParams } from './query-params.ts';
import type { Filter, HeaderEdits, MatchEntry, PathMatch, PathRewrite, ValueMatch } from './table.ts';

/** Lines for a terminal. */
export function formatExplanation(explanation: Explanation): string {
  const { method, host, path, query, listener, match, lost, lostMore } = explanation;
  const lines = [`${method} ${host === '' ? '(no host)' : host}${path}${query === '' ? '' : `?${query}`}`];
  if (listener !== '') lines.push(`  listener  ${listener}`);
  lines.push(...(match === null ? [`  answer    ${answers[explanation.outcome]}`] : formatMatch(match)));
  if (lost.length > 0) lines.push('  lost');
  for (const { rule, conditions, because } of lost) lines.push(`    ${rule} (${conditions}): ${because}`);
  if (lostMore > 0) lines.push(`    and ${lostMore} more`);
  return lines.join('\n');
}

const answers: Readonly<Record<Explanation['outcome'], string>> = {
  matched: '',
  no_route: '404, no rule matches',
  no_listener: '404, no listener for this host',
  bad_path: '400, the path is ambiguous',
};

function formatMatch(match: ExplainedMatch): readonly string[] {
  const name = match.ruleName === '' ? '' : ` "${match.ruleName}"`;
  const lines = [
    `  route     ${match.route.kind} ${match.route.namespace}/${match.route.name}`,
    `  rule      ${match.rule}${name}`,
    `  match     ${match.hostname === '' ? 'any host' : `host ${match.hostname}`}, ${match.conditions}`,
    ...match.filters.map((filter) => `  filter    ${filter}`),
  ];
  if (match.failure !== null) lines.push(`  answer    ${match.failure.status}, ${match.failure.reason}`);
  for (const { backend, weight, share, filters } of match.backends) {
    const percent = `${Math.round(share * 1000) / 10} %`;
    lines.push(`  backend   ${backend ?? 'invalid reference: 500'}, weight ${weight} (${percent})`);
    lines.push(...filters.map((filter) => `    filter  ${filter}`));
  }
  return lines;
}

/** All conditions of an entry in words. */
export function describeEntry({ path, method, headers, query }: MatchEntry): string {
  const parts = [describePath(path)];
  if (method !== '') parts.push(`method ${method}`);
  for (const header of headers) parts.push(`header ${describeValue(header)}`);
  for (const param of query) parts.push(`query ${describeValue(param)}`);
  return parts.join(', ');
}

function describePath({ type, value }: PathMatch): string {
  return type === 'prefix' ? `path under ${value === '' ? '/' : value}` : `path ${operators[type]} ${value}`;
}

function describeValue({ name, type, value }: ValueMatch): string {
  return `${name} ${operators[type]} "${value}"`;
}

const operators = { exact: '=', regex: '~' } as const;

/** Why `failed` does not hold for the request. */
export function describeFailure(failed: FailedCondition, entry: MatchEntry, host: string, view: RequestView): string {
  switch (failed.part) {
    case 'path':
      return `path is ${view.path}`;
    case 'method':
      return `method is ${view.method}`;
    case 'header':
      return describeActual('header', entry.headers, failed.name, headerValue(failed.name, host, view));
    case 'query': {
      const params = new QueryParams();
      params.reset(view.query);
      return describeActual('query', entry.query, failed.name, params.first(failed.name));
    }
  }
}

function describeActual(part: string, conditions: readonly ValueMatch[], name: string, actual: string | null): string {
  const wanted = conditions.find((condition) => condition.name === name)!;
  const verb = wanted.type === 'exact' ? 'not' : 'does not match';
  const tail = actual === null ? 'is absent' : `is "${actual}"`;
  return `${part} ${name} ${tail}, ${verb} "${wanted.value}"`;
}

/** A filter in one line. */
export function describeFilter(filter: Filter): string {
  switch (filter.type) {
    case 'requestHeaderModifier':
      return `request headers: ${describeEdits(filter)}`;
    case 'responseHeaderModifier':
      return `response headers: ${describeEdits(filter)}`;
    case 'requestRedirect': {
      const { status, scheme, hostname, port, path } = filter;
      const parts = [
        scheme && `scheme ${scheme}`,
        hostname && `host ${hostname}`,
        port > 0 && `port ${port}`,
        describeRewrite(path),
      ];
      return ['redirect', String(status), ...parts.filter(Boolean)].join(' ');
    }
    case 'urlRewrite':
      return ['rewrite', filter.hostname && `host ${filter.hostname}`, describeRewrite(filter.path)]
        .filter(Boolean)
        .join(' ');
    case 'requestMirror':
      return `mirror ${filter.numerator}/${filter.denominator} to ${filter.backend}`;
    case 'cors':
      return `cors for ${filter.allowOrigins.join(', ')}`;
  }
}

function describeEdits({ set, add, remove }: HeaderEdits): string {
  return [
    ...remove.map((name) => `remove ${name}`),
    ...set.map(({ name }) => `set ${name}`),
    ...add.map(({ name }) => `add ${name}`),
  ].join(', ');
}

function describeRewrite(path: PathRewrite | null): string {
  if (path === null) return '';
  return path.type === 'replaceFull' ? `path ${path.value}` : `prefix ${path.value === '' ? '/' : path.value}`;
}
