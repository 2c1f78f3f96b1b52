import type { AttachPoint, RouteClaim } from './graph.ts';
import { routeKey } from './kind-conflicts.ts';
import { precedenceOf, type RankedEntry } from './precedence.ts';
import type { RuleDraft } from './rules.ts';
import { isSame } from './same.ts';
import type { Backend, BackendTls, Filter, MatchEntry, Rule } from './table.ts';

/** The rules of a route as requests through one Gateway meet them. */
export interface RouteVariant {
  readonly rules: readonly Rule[];
  readonly backends: readonly Backend[];
  readonly entries: readonly RankedEntry[];
}

/**
 * Through most Gateways a route is the same. One that presents a client certificate to backends has rules of its own where they send over
 * TLS: the same Service behind another certificate is another backend, with other connections. `before` are the entries of this variant in
 * the last compile.
 */
export function toVariant(
  { route: name, createdAt }: RouteClaim,
  drafts: readonly RuleDraft[],
  gateway: AttachPoint,
  before: readonly RankedEntry[],
): RouteVariant {
  const rules: Rule[] = [];
  const backends: Backend[] = [];
  const entries: RankedEntry[] = [];
  const route = routeKey(name);
  drafts.forEach((draft, index) => {
    if (draft.rule === null) return;
    const { rule, used } = present(draft.rule, draft.backends, gateway);
    rules.push(rule);
    backends.push(...used);
    draft.matches.forEach((compiled, match) => {
      const entry = keepEntry(before, entries.length, { ...compiled.entry, rule: rule.id });
      const precedence = precedenceOf(compiled.rank, { createdAt, route, rule: index, match });
      entries.push({ entry, route, precedence });
    });
  });
  return { rules, backends, entries };
}

/**
 * The entry from before that says the same: a route's entries are spread over a host's table, and what is sent to workers runs from the
 * first to the last that differs.
 */
function keepEntry(before: readonly RankedEntry[], index: number, entry: MatchEntry): MatchEntry {
  const old = isSame(before[index]?.entry, entry) ? before[index] : before.find((one) => isSame(one.entry, entry));
  return old?.entry ?? entry;
}

/** Gateways with the same answer share a variant; '' for those without a certificate. */
export function variantKey(gateway: AttachPoint): string {
  return gateway.clientCertificate === null ? '' : gateway.gateway;
}

function present(
  rule: Rule,
  backends: readonly Backend[],
  gateway: AttachPoint,
): { readonly rule: Rule; readonly used: readonly Backend[] } {
  const { clientCertificate } = gateway;
  if (clientCertificate === null || backends.every((backend) => backend.tls === null)) return { rule, used: backends };
  const suffix = `@${variantKey(gateway)}`;
  const secure = new Set(backends.filter((backend) => backend.tls !== null).map((backend) => backend.id));
  const rename = (id: string): string => (secure.has(id) ? id + suffix : id);
  const used = backends.map((backend) =>
    backend.tls === null ? backend : { ...backend, id: rename(backend.id), tls: withCertificate(backend.tls, gateway) },
  );
  return { rule: renameBackends({ ...rule, id: rule.id + suffix }, rename), used };
}

function withCertificate(tls: BackendTls, { clientCertificate }: AttachPoint): BackendTls {
  return { ...tls, clientCertificate };
}

function renameBackends(rule: Rule, rename: (id: string) => string): Rule {
  const renameMirror = (filter: Filter): Filter =>
    filter.type === 'requestMirror' ? { ...filter, backend: rename(filter.backend) } : filter;
  return {
    ...rule,
    filters: rule.filters.map(renameMirror),
    backends: rule.backends.map((one) => ({
      ...one,
      backend: one.backend === null ? null : rename(one.backend),
      filters: one.filters.map(renameMirror),
    })),
  };
}
