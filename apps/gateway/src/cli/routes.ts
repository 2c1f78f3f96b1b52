import type { Bind, HostTable, Listener, RouteTable } from '@fairlead/routing';
import { columns } from './columns.ts';
import { commonOptions, guarded, type Output, parseFlags, processOutput } from './command.ts';
import { loadOffline } from './offline.ts';
import { conditionText, pathText, ruleText, targetText } from './route-text.ts';
import { createStyle, type Style } from './style.ts';

const usage = `usage: fairlead routes DIR [--json]

Lists what a directory of manifests routes: for each listener, every host, path and match in the order in which they are tried, with the
backends a request goes to.

  --json   an array of objects, one per match
  --help
`;

/** One match of one rule on one listener. */
interface RouteRow {
  /** `address:port`. */
  readonly bind: string;
  readonly secure: boolean;
  readonly gateway: string;
  readonly listener: string;
  /** `*` for any. */
  readonly hostname: string;
  readonly path: string;
  /** Method, header fields and query parameters; '' for none. */
  readonly match: string;
  readonly target: string;
  readonly rule: string;
}

export function routes(args: readonly string[], output: Output = processOutput): Promise<number> {
  return guarded(usage, output, async () => {
    const { values, positionals } = parseFlags(args, commonOptions, ['DIR']);
    const { source, compiled } = await loadOffline(positionals[0]!);
    const rows = routeRows(compiled.table);
    output.stdout(
      values.json ? `${JSON.stringify(rows, null, 2)}\n` : routesText(rows, createStyle(output.isTerminal)),
    );
    const errors = [...source.problems, ...compiled.problems].filter(({ severity }) => severity === 'error').length;
    if (errors > 0) output.stderr(`${errors} error${errors === 1 ? '' : 's'}: see fairlead check ${positionals[0]}\n`);
    return 0;
  });
}

function routeRows(table: RouteTable): readonly RouteRow[] {
  const hosts = Map.groupBy(table.hosts.values(), ({ listener }) => listener);
  return [...table.binds.values()].flatMap((bind) =>
    bind.listeners.flatMap((listener) =>
      [...(hosts.get(listener.id) ?? [])].sort(bySpecificity).flatMap((host) => hostRows(table, bind, listener, host)),
    ),
  );
}

function hostRows(table: RouteTable, bind: Bind, listener: Listener, host: HostTable): readonly RouteRow[] {
  return host.entries.map((entry) => {
    const rule = table.rules.get(entry.rule)!;
    return {
      bind: bind.key,
      secure: bind.secure,
      gateway: `${listener.gateway.namespace}/${listener.gateway.name}`,
      listener: listener.name,
      hostname: effectiveHost(host.hostname, listener.hostname),
      path: pathText(entry.path),
      match: conditionText(entry),
      target: targetText(rule),
      rule: ruleText(rule),
    };
  });
}

/** What can reach the route: the narrower of both names. */
function effectiveHost(route: string, listener: string): string {
  if (route === '') return listener === '' ? '*' : listener;
  return route.startsWith('*.') && listener !== '' && !listener.startsWith('*.') ? listener : route;
}

/** Exact before wildcard before any; the longer wildcard first. */
function bySpecificity({ hostname: a }: HostTable, { hostname: b }: HostTable): number {
  const rank = (name: string): number => (name === '' ? 2 : name.startsWith('*.') ? 1 : 0);
  return rank(a) - rank(b) || (rank(a) === 1 ? b.length - a.length : 0) || (a < b ? -1 : 1);
}

function routesText(rows: readonly RouteRow[], style: Style): string {
  if (rows.length === 0) return 'No route is attached to a listener that can serve.\n';
  const listeners = Map.groupBy(rows, ({ bind, secure, gateway, listener }) => {
    return `${secure ? 'https' : 'http'}://${bind}  Gateway ${gateway}, listener ${listener}`;
  });
  return [...listeners].map(([title, own]) => `${style.strong(title)}\n${listenerText(own)}\n`).join('\n');
}

const header = ['HOST', 'PATH', 'MATCH', 'BACKENDS', 'RULE'];

/** A host stands on its first row only. */
function listenerText(rows: readonly RouteRow[]): string {
  const cells = rows.map((row, i) => [
    row.hostname === rows[i - 1]?.hostname ? '' : row.hostname,
    row.path,
    row.match,
    `→ ${row.target}`,
    row.rule,
  ]);
  return columns([header, ...cells], '  ');
}
