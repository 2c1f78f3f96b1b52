import { renameSync, writeFileSync } from 'node:fs';
import { type KnownKind, kinds, type Statuses } from '@fairlead/resources';
import { stringify } from 'yaml';

/** Where `--status` goes: a file that is replaced whole, or stdout. */
export type StatusTarget = { readonly to: 'stdout' } | { readonly to: 'file'; readonly path: string };

const tables: readonly (readonly [keyof Statuses, KnownKind])[] = [
  ['gatewayClasses', 'GatewayClass'],
  ['gateways', 'Gateway'],
  ['listenerSets', 'ListenerSet'],
  ['httpRoutes', 'HTTPRoute'],
  ['grpcRoutes', 'GRPCRoute'],
  ['tlsRoutes', 'TLSRoute'],
  ['tcpRoutes', 'TCPRoute'],
  ['udpRoutes', 'UDPRoute'],
  ['backendTlsPolicies', 'BackendTLSPolicy'],
  ['clientTrafficPolicies', 'ClientTrafficPolicy'],
];

/** The statuses a cluster would show, as one YAML stream of objects with their name and status, sorted by kind and name. */
function statusDocuments(statuses: Statuses): string {
  const documents: string[] = [];
  for (const [table, kind] of tables) {
    const { group, versions } = kinds.get(kind)!;
    const apiVersion = `${group}/${versions[0]}`;
    for (const [key, status] of [...statuses[table]].sort(([a], [b]) => (a < b ? -1 : 1))) {
      documents.push(stringify({ apiVersion, kind, metadata: toMetadata(key), status }, { lineWidth: 0 }));
    }
  }
  return documents.map((text) => `---\n${text}`).join('');
}

/** Writes the statuses out when they differ from the last ones written. Throws the system's error when the file can't be written. */
export class StatusOutput {
  readonly #target: StatusTarget;
  #written: Statuses | null = null;

  constructor(target: StatusTarget) {
    this.#target = target;
  }

  write(statuses: Statuses): void {
    if (this.#written !== null && isUnchanged(this.#written, statuses)) return;
    const text = statusDocuments(statuses);
    if (this.#target.to === 'stdout') process.stdout.write(text);
    else replaceFile(this.#target.path, text);
    this.#written = statuses;
  }
}

/** A table none of whose statuses changed keeps its identity from one compile to the next. */
function isUnchanged(before: Statuses, now: Statuses): boolean {
  return tables.every(([table]) => before[table] === now[table]);
}

function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.tmp`, text);
  renameSync(`${path}.tmp`, path);
}

function toMetadata(key: string): { readonly name: string; readonly namespace?: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
