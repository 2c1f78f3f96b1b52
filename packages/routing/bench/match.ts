/**
 * What a match costs by the number of routes: `node packages/routing/bench/match.ts`. Prints nanoseconds per match as the median of rounds;
 * every variant gets the same number of rounds, in turn, so that a busy machine slows all of them alike.
 */
import { Field, internName } from '@fairlead/message';
import {
  createMatcher,
  diffTables,
  emptyTable,
  type HostTable,
  type MatchEntry,
  type Matcher,
  type RequestView,
  type RouteTable,
} from '../src/index.ts';

interface Variant {
  readonly name: string;
  readonly matcher: Matcher;
  readonly host: string;
  readonly request: RequestView;
  readonly samplesNs: number[];
}

const rounds = 15;
const matchesPerRound = 100_000;
const listener = 'default/gateway/http';
const fields = ['host-header', 'user-agent', 'accept', 'accept-encoding', 'cookie', 'x-request-id', 'tenant'].map(
  (name) => new Field(internName(name), name === 'tenant' ? 't0' : 'value'),
);

function entry(path: MatchEntry['path'], more: Partial<MatchEntry> = {}): MatchEntry {
  return { path, method: '', headers: [], query: [], rule: 'HTTPRoute/default/r/0', ...more };
}

function tableOf(hosts: Readonly<Record<string, readonly MatchEntry[]>>): RouteTable {
  const tables = Object.entries(hosts).map(([hostname, entries]): HostTable => {
    return { key: `${listener} ${hostname}`, listener, hostname, entries };
  });
  return { ...emptyTable, hosts: new Map(tables.map((table) => [table.key, table])) };
}

function variant(name: string, table: RouteTable, host: string, target: string): Variant {
  const matcher = createMatcher();
  matcher.apply(diffTables(emptyTable, table));
  const [path = '', query = ''] = target.split('?');
  const request = { method: 'GET', path, query, fields };
  if (matcher.match(listener, host, request) === null) throw new Error(`${name}: nothing matches`);
  return { name, matcher, host, request, samplesNs: [] };
}

/** One route per host, the last one asked for. */
function manyHosts(count: number): Variant {
  const hosts = Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`h${i}.example.com`, [entry({ type: 'prefix', value: '/api' })]]),
  );
  return variant(`${count} hosts`, tableOf(hosts), `h${count - 1}.example.com`, '/api/v1/items/42');
}

/** One host with as many paths, the last one asked for. */
function manyPaths(type: 'exact' | 'prefix', count: number): Variant {
  const entries = Array.from({ length: count }, (_, i) =>
    entry({ type, value: `/api/v1/items/${String(i).padStart(5, '0')}` }),
  );
  const target = `${entries.at(-1)!.path.value}${type === 'prefix' ? '/x' : ''}`;
  return variant(`${count} ${type} paths`, tableOf({ 'a.example.com': entries }), 'a.example.com', target);
}

function manyTenants(count: number): Variant {
  const entries = Array.from({ length: count }, (_, i) =>
    entry({ type: 'prefix', value: '' }, { headers: [{ name: 'tenant', type: 'exact', value: `t${count - 1 - i}` }] }),
  );
  return variant(`${count} header values`, tableOf({ '': entries }), 'a.example.com', '/api/v1/items/42');
}

function manyPatterns(count: number): Variant {
  const entries = Array.from({ length: count }, (_, i) => entry({ type: 'regex', value: `/api/s${i}/v[0-9]+/.*` }));
  return variant(`${count} patterns`, tableOf({ '': entries }), 'a.example.com', `/api/s${count - 1}/v2/x`);
}

function runRound({ matcher, host, request, samplesNs }: Variant): void {
  const start = process.hrtime.bigint();
  for (let i = 0; i < matchesPerRound; i++) matcher.match(listener, host, request);
  samplesNs.push(Number(process.hrtime.bigint() - start) / matchesPerRound);
}

function median(samples: readonly number[]): number {
  return [...samples].sort((a, b) => a - b)[samples.length >> 1]!;
}

const families: readonly (readonly Variant[])[] = [
  [1, 100, 5_000, 10_000].map(manyHosts),
  [1, 100, 5_000, 10_000].map((count) => manyPaths('exact', count)),
  [1, 100, 5_000, 10_000].map((count) => manyPaths('prefix', count)),
  [1, 100, 5_000].map(manyTenants),
  [1, 100].map(manyPatterns),
];
for (let round = -2; round < rounds; round++) {
  for (const family of families) for (const one of family) runRound(one);
  if (round === -1) for (const family of families) for (const one of family) one.samplesNs.length = 0;
}
for (const family of families) {
  const base = median(family[0]!.samplesNs);
  for (const { name, samplesNs } of family) {
    const ns = median(samplesNs);
    console.log(`${name.padEnd(22)} ${ns.toFixed(0).padStart(6)} ns  × ${(ns / base).toFixed(2)}`);
  }
}

// What an update costs the worker that receives it.
const big = tableOf({
  'a.example.com': Array.from({ length: 5_000 }, (_, i) =>
    entry({ type: 'prefix', value: `/api/v1/items/${i}` }, { rule: `r${i}` }),
  ),
});
const host = [...big.hosts.values()][0]!;
const whole: number[] = [];
const edited: number[] = [];
for (let round = 0; round < rounds; round++) {
  const matcher = createMatcher();
  const first = diffTables(emptyTable, big);
  const start = process.hrtime.bigint();
  matcher.apply(first);
  whole.push(Number(process.hrtime.bigint() - start) / 1e6);
  const next = { ...host, entries: host.entries.with(2_500, entry({ type: 'prefix', value: '/edited' })) };
  const edit = diffTables(big, { ...big, hosts: new Map([[next.key, next]]) });
  const editStart = process.hrtime.bigint();
  matcher.apply(structuredClone(edit));
  edited.push(Number(process.hrtime.bigint() - editStart) / 1e6);
}
console.log(`apply 5000 entries       ${median(whole).toFixed(2)} ms, worst ${Math.max(...whole).toFixed(2)} ms`);
console.log(`apply one edited entry   ${median(edited).toFixed(3)} ms, worst ${Math.max(...edited).toFixed(3)} ms`);
