import {
  type Backend,
  type Bind,
  type ClientPolicy,
  diffTables,
  type Endpoint,
  emptyTable,
  type HostTable,
  type Listener,
  type MatchEntry,
  type RouteTable,
  type Rule,
} from '@fairlead/routing';
import type { AssignedEndpoint, ToWorker } from '../../src/protocol.ts';

type Update = ToWorker & { readonly type: 'update' };

export interface RuleSpec extends Partial<Omit<Rule, 'backends'>> {
  /** Prefix; default everything. */
  readonly path?: string;
  readonly hostname?: string;
  /** `Backend.id` with weight and filters. */
  readonly backends?: readonly (Partial<Rule['backends'][number]> & { readonly backend: string | null })[];
}

export interface BackendSpec extends Partial<Backend> {
  readonly ports: readonly number[];
}

/** What a test wants routed. */
export interface Site {
  readonly rules: Readonly<Record<string, RuleSpec>>;
  readonly backends: Readonly<Record<string, BackendSpec>>;
  readonly listeners?: readonly Listener[];
  readonly clientPolicy?: ClientPolicy | null;
}

export const bindKey = '127.0.0.1:0';

export const anyListener: Listener = {
  id: 'default/gw/any',
  gateway: { namespace: 'default', name: 'gw' },
  name: 'any',
  port: 8080,
  hostname: '',
  tls: null,
  clientPolicy: null,
};

/** Makes the updates that a control thread would send, without compiling anything. */
export class RouteBuilder {
  #version: number = 0;
  #table: RouteTable = emptyTable;
  readonly #rows = new Map<string, number>();
  readonly #slots = new Map<string, number>();

  update(site: Site): Update {
    const next = this.#build(site);
    const table = diffTables(this.#table, next);
    this.#table = next;
    const endpoints = Object.entries(site.backends).map(([backend, { ports }]) => ({
      backend,
      endpoints: ports.map((port) => this.assign({ address: '127.0.0.1', port, ready: true, zone: '' })),
    }));
    const ruleSlots = table.rules.set.map(([rule]) => [rule, this.#slotOf(rule)] as const);
    return { type: 'update', version: ++this.#version, table, ruleSlots, endpoints };
  }

  assign(endpoint: Endpoint): AssignedEndpoint {
    const key = `${endpoint.address}:${endpoint.port}`;
    const row = this.#rows.get(key) ?? this.#rows.size;
    this.#rows.set(key, row);
    return { ...endpoint, row };
  }

  #slotOf(rule: string): number {
    const slot = this.#slots.get(rule) ?? this.#slots.size;
    this.#slots.set(rule, slot);
    return slot;
  }

  #build({ rules, backends, listeners = [anyListener], clientPolicy = null }: Site): RouteTable {
    const secure = listeners[0]!.tls !== null;
    const bind: Bind = { key: bindKey, address: '127.0.0.1', port: 0, secure, listeners, clientPolicy };
    const hosts = new Map<string, HostTable>();
    for (const listener of listeners) addHosts(hosts, listener, rules);
    return {
      binds: new Map([[bindKey, keep(this.#table.binds.get(bindKey), bind)]]),
      hosts,
      rules: new Map(
        Object.entries(rules).map(([id, spec]) => [id, keep(this.#table.rules.get(id), buildRule(id, spec))]),
      ),
      backends: new Map(
        Object.entries(backends).map(([id, spec]) => [id, keep(this.#table.backends.get(id), buildBackend(id, spec))]),
      ),
    };
  }
}

/** What did not change keeps its identity, as with the compiler. */
function keep<T>(old: T | undefined, next: T): T {
  return old !== undefined && JSON.stringify(old) === JSON.stringify(next) ? old : next;
}

function addHosts(hosts: Map<string, HostTable>, listener: Listener, rules: Site['rules']): void {
  for (const [id, { hostname = '', path = '' }] of Object.entries(rules)) {
    const key = `${listener.id} ${hostname}`;
    const entry: MatchEntry = { path: { type: 'prefix', value: path }, method: '', headers: [], query: [], rule: id };
    const before = hosts.get(key)?.entries ?? [];
    hosts.set(key, { key, listener: listener.id, hostname, entries: [...before, entry] });
  }
}

function buildRule(id: string, { path: _path, hostname: _hostname, backends = [], ...rest }: RuleSpec): Rule {
  return {
    id,
    route: { kind: 'HTTPRoute', namespace: 'default', name: id },
    index: 0,
    name: '',
    filters: [],
    timeouts: { requestMs: 0, backendRequestMs: 0 },
    retry: null,
    sessionPersistence: null,
    failure: null,
    backends: backends.map(({ backend, weight = 1, filters = [] }) => ({ backend, weight, filters })),
    ...rest,
  };
}

function buildBackend(id: string, { ports, ...rest }: BackendSpec): Backend {
  return {
    id,
    service: { namespace: 'default', name: id },
    port: ports[0] ?? 80,
    protocol: 'http1',
    tls: null,
    failure: null,
    ...rest,
  };
}
