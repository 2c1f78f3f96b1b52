import type { Backend, RouteTable, Rule } from '@fairlead/routing';
import type { AdminView } from '../admin/admin-view.ts';
import { servedCertificates } from '../control/certificate-dates.ts';
import { endpointKey } from '../control/endpoint-rows.ts';
import {
  bucketBoundsMs,
  type CounterName,
  emptyRuleSums,
  type ReasonFamily,
  type RuleSums,
  type WorkerMetrics,
} from './metrics.ts';
import { type Labels, type LabelText, PrometheusText, toLabelText } from './prometheus-text.ts';

/** What the process says of itself, from `process`. */
export interface ProcessFacts {
  readonly nodeVersion: string;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/**
 * All metrics as Prometheus text, in parts of some hundred lines each, summed over the workers. Label values come from configuration and from
 * this program's own codes only. With thousands of rules it is too much for one turn of the control thread: take a part at a time.
 */
export function* renderMetrics(view: AdminView, facts: ProcessFacts): Generator<string> {
  const text = new PrometheusText();
  writeProcess(text, view, facts);
  writeConfig(text, view);
  writeListeners(text, view);
  writeCertificates(text, view.table);
  writeCounters(text, view.metrics);
  writeReasons(text, view.metrics);
  yield text.take();
  yield* writeRules(text, view);
  yield* writeBackends(text, view);
  yield* writeEndpoints(text, view);
}

/** Calls `write` for every item, and yields after some of them. */
function* inParts<T>(text: PrometheusText, items: Iterable<T>, write: (item: T) => void): Generator<string> {
  let count = 0;
  for (const item of items) {
    write(item);
    if (++count % itemsPerPart === 0) yield text.take();
  }
  yield text.take();
}

const itemsPerPart = 200;

function writeProcess(text: PrometheusText, view: AdminView, facts: ProcessFacts): void {
  const { workers } = view;
  text.family('fairlead_build_info', 'gauge', 'Always 1; the version in its labels.');
  text.sample(1, { version: view.version, node: facts.nodeVersion });
  text.single(
    'process_start_time_seconds',
    'gauge',
    'Start of the process, since the epoch.',
    view.startedAtMs / 1_000,
  );
  text.single('process_cpu_seconds_total', 'counter', 'CPU time of all threads.', facts.cpuSeconds);
  text.single('process_resident_memory_bytes', 'gauge', 'Resident memory of the process.', facts.residentBytes);
  text.single('fairlead_ready', 'gauge', '1 while /readyz says yes.', view.notReady.length === 0 ? 1 : 0);
  text.single('fairlead_workers_wanted', 'gauge', 'Data-plane threads asked for.', workers.wanted);
  text.single('fairlead_workers_serving', 'gauge', 'Data-plane threads that serve.', workers.serving);
  text.single(
    'fairlead_workers_lost_total',
    'counter',
    'Data-plane threads that died and were replaced.',
    workers.lost,
  );
  text.single(
    'fairlead_worker_update_max_seconds',
    'gauge',
    'Longest time a serving worker was busy applying one update.',
    workers.longestUpdateMs / 1_000,
  );
  text.single(
    'fairlead_worker_replacement_max_seconds',
    'gauge',
    'Longest time from the loss of a serving worker until another served in its place.',
    workers.longestReplacementMs / 1_000,
  );
  text.family('fairlead_worker_busy_seconds_total', 'counter', 'Time that data-plane threads had something to do.');
  view.metrics.forEach((metrics, worker) => {
    text.sample(metrics.counter('busyMs') / 1_000, { worker: String(worker) });
  });
}

function writeConfig(text: PrometheusText, { config, problems, table }: AdminView): void {
  text.single(
    'fairlead_config_version',
    'gauge',
    'Version of the configuration last sent to the workers.',
    config.version,
  );
  text.single(
    'fairlead_config_last_update_timestamp_seconds',
    'gauge',
    'When the configuration last changed, since the epoch; 0 before the first time.',
    config.updatedAtMs / 1_000,
  );
  text.single(
    'fairlead_config_last_update_success',
    'gauge',
    '1 when everything could be read at the last change; 0 while last-known-good is served for some of it.',
    config.isComplete ? 1 : 0,
  );
  text.family('fairlead_config_problems', 'gauge', 'Problems in the configuration, by severity.');
  const all = [...config.sourceProblems, ...problems];
  for (const severity of ['error', 'warning'] as const) {
    text.sample(all.filter((problem) => problem.severity === severity).length, { severity });
  }
  text.family('fairlead_config_entries', 'gauge', 'Entries of the routing table, by kind.');
  for (const kind of ['binds', 'hosts', 'rules', 'backends'] as const) text.sample(table[kind].size, { kind });
}

/** The time to alert on. Certificates are told apart by their place, so that a renewed one continues the series. */
function writeCertificates(text: PrometheusText, table: RouteTable): void {
  text.family(
    'fairlead_certificate_expiry_timestamp_seconds',
    'gauge',
    'When a certificate of a listener expires, since the epoch.',
  );
  for (const { listener, index, notAfterMs } of servedCertificates(table)) {
    const { gateway, name } = listener;
    const labels = { namespace: gateway.namespace, gateway: gateway.name, listener: name, certificate: index };
    text.sample(notAfterMs / 1_000, labels);
  }
}

function writeListeners(text: PrometheusText, { table, binds }: AdminView): void {
  text.family('fairlead_listener_up', 'gauge', '1 while the listener takes connections on this address and port.');
  for (const bind of table.binds.values()) {
    const isUp = binds.get(bind.key) === null ? 1 : 0;
    for (const { gateway, name } of bind.listeners) {
      const { address, port } = bind;
      text.sample(isUp, { namespace: gateway.namespace, gateway: gateway.name, listener: name, address, port });
    }
  }
}

const counterFamilies: readonly (readonly [CounterName, string, 'counter' | 'gauge', string])[] = [
  ['connectionsAccepted', 'connections_accepted_total', 'counter', 'Client connections taken.'],
  ['connectionsOpen', 'connections_open', 'gauge', 'Client connections open now.'],
  ['requestsInFlight', 'requests_in_flight', 'gauge', 'Requests begun and not yet done, tunnels among them.'],
  ['tunnelsOpen', 'tunnels_open', 'gauge', 'Upgraded connections, such as WebSockets, open now.'],
  ['upstreamConnectionsOpened', 'upstream_connections_opened_total', 'counter', 'Connections made to endpoints.'],
  [
    'upstreamConnectionsOpen',
    'upstream_connections_open',
    'gauge',
    'Connections to endpoints open now, idle ones too.',
  ],
  [
    'upstreamHttp2ConnectionsOpen',
    'upstream_http2_connections_open',
    'gauge',
    'HTTP/2 connections to endpoints open now, idle ones too.',
  ],
  ['upstreamHttp2StreamsOpen', 'upstream_http2_streams_open', 'gauge', 'Requests on HTTP/2 connections to endpoints.'],
  ['upstreamGoaways', 'upstream_goaways_total', 'counter', 'HTTP/2 connections whose endpoint asked to leave them.'],
  [
    'upstreamPingsFailed',
    'upstream_pings_failed_total',
    'counter',
    'HTTP/2 connections given up because the endpoint did not answer a PING.',
  ],
  ['tries', 'upstream_tries_total', 'counter', 'Requests sent to endpoints, first tries and retries.'],
  ['retries', 'retries_total', 'counter', 'Requests sent to another endpoint after a first try.'],
  ['retriesRefused', 'retries_refused_total', 'counter', 'Retries that the budget did not allow.'],
  ['mirrorsSent', 'mirrors_sent_total', 'counter', 'Copies of requests sent to mirror backends.'],
  ['mirrorsDropped', 'mirrors_dropped_total', 'counter', 'Copies given up, so that the request was not held up.'],
  [
    'accessLogLinesDropped',
    'access_log_lines_dropped_total',
    'counter',
    'Lines the target of the access log did not take.',
  ],
];

function writeCounters(text: PrometheusText, metrics: readonly WorkerMetrics[]): void {
  for (const [counter, name, type, help] of counterFamilies) {
    const sum = metrics.reduce((total, worker) => total + worker.counter(counter), 0);
    text.single(`fairlead_${name}`, type, help, sum);
  }
}

const reasonFamilyNames: readonly (readonly [ReasonFamily, string, string])[] = [
  ['requestFailures', 'request_failures_total', 'Requests answered by the gateway itself or cut short, by reason.'],
  [
    'connectionFailures',
    'connection_failures_total',
    'Connections and requests turned away before a route was looked for, by reason.',
  ],
  ['connectionsRecycled', 'connections_recycled_total', 'Connections asked to leave, so that clients spread anew.'],
];

function writeReasons(text: PrometheusText, metrics: readonly WorkerMetrics[]): void {
  for (const [family, name, help] of reasonFamilyNames) {
    const sums = new Map<string, number>();
    for (const worker of metrics) {
      for (const [reason, count] of worker.reasons(family)) sums.set(reason, (sums.get(reason) ?? 0) + count);
    }
    text.family(`fairlead_${name}`, 'counter', help);
    for (const [reason, count] of [...sums].sort(byKey)) text.sample(count, { reason });
  }
}

interface LabelledSums {
  readonly labels: LabelText;
  readonly sums: RuleSums;
}

const statusClassNames = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'];
const boundsSeconds = bucketBoundsMs.map((ms) => ms / 1_000);

/** Rules that have had no request are left out: a table of 5,000 rules would be a page of 25 MB. */
function* writeRules(text: PrometheusText, view: AdminView): Generator<string> {
  const all = ruleSums(view).filter(({ sums }) => requestsOf(sums) > 0);
  text.family(
    'fairlead_requests_total',
    'counter',
    'Requests that are over, by status class ("none": no response begun).',
  );
  yield* inParts(text, all, ({ labels, sums }) => {
    sums.statusClasses.forEach((count, i) => {
      if (count > 0) text.sample(count, `${labels},status="${statusClassNames[i]!}"` as LabelText);
    });
  });
  text.family('fairlead_grpc_calls_total', 'counter', 'gRPC calls that are over, by status code of gRPC.');
  yield* inParts(text, all, ({ labels, sums }) => {
    sums.grpcStatuses.forEach((count, code) => {
      if (count > 0) text.sample(count, `${labels},grpc_status="${code}"` as LabelText);
    });
  });
  text.family(
    'fairlead_request_duration_seconds',
    'histogram',
    'From the head of the request to the end of the response.',
  );
  yield* inParts(text, all, ({ labels, sums }) => {
    text.histogram(boundsSeconds, sums.duration.counts, sums.duration.sumMs / 1_000, labels);
  });
  text.family(
    'fairlead_upstream_duration_seconds',
    'histogram',
    'Of the last try, from its start to its response head.',
  );
  yield* inParts(text, all, ({ labels, sums }) => {
    if (total(sums.upstream.counts) === 0) return;
    text.histogram(boundsSeconds, sums.upstream.counts, sums.upstream.sumMs / 1_000, labels);
  });
  text.family('fairlead_request_bytes_total', 'counter', 'Octets of request content.');
  yield* inParts(text, all, ({ labels, sums }) => text.sample(sums.requestBytes, labels));
  text.family('fairlead_response_bytes_total', 'counter', 'Octets of response content.');
  yield* inParts(text, all, ({ labels, sums }) => text.sample(sums.responseBytes, labels));
}

function ruleSums(view: AdminView): readonly LabelledSums[] {
  const all: LabelledSums[] = [{ labels: ruleLabels(null), sums: sumRule(view.metrics, -1) }];
  for (const [id, slot] of view.ruleSlots) {
    const rule = view.table.rules.get(id);
    if (rule !== undefined) all.push({ labels: ruleLabels(rule), sums: sumRule(view.metrics, slot) });
  }
  if (view.sharedRuleSlot !== null) {
    all.push({ labels: ruleLabels(null, '(other)'), sums: sumRule(view.metrics, view.sharedRuleSlot) });
  }
  return all;
}

function sumRule(metrics: readonly WorkerMetrics[], slot: number): RuleSums {
  const sums = emptyRuleSums();
  for (const worker of metrics) worker.addRule(slot, sums);
  return sums;
}

/** All empty for requests that no rule matched. */
function ruleLabels(rule: Rule | null, fallback: string = ''): LabelText {
  if (rule === null) return toLabelText({ kind: '', namespace: '', route: fallback, rule: '', rule_name: '' });
  const { kind, namespace, name } = rule.route;
  return toLabelText({ kind, namespace, route: name, rule: rule.index, rule_name: rule.name });
}

function* writeBackends(text: PrometheusText, { table, endpointSets }: AdminView): Generator<string> {
  text.family('fairlead_backend_endpoints', 'gauge', 'Endpoints of a backend, by readiness.');
  const ports = new Map([...table.backends.values()].map((backend) => [portKey(backend), backend]));
  yield* inParts(text, ports.values(), (backend) => {
    const endpoints = endpointSets.get(backend.id)?.endpoints ?? [];
    const ready = endpoints.filter((endpoint) => endpoint.ready).length;
    text.sample(ready, { ...backendLabels(backend), state: 'ready' });
    text.sample(endpoints.length - ready, { ...backendLabels(backend), state: 'unready' });
  });
}

/** One Service port may be several backends: spoken to in two ways, or with the client certificates of several Gateways. */
function portKey({ service, port }: Backend): string {
  return `${service.namespace}/${service.name}:${port}`;
}

function backendLabels({ service, port }: Backend): Labels {
  return { namespace: service.namespace, service: service.name, port };
}

/** What is learned of an endpoint belongs to its address and port, whatever backends it stands behind. */
function* writeEndpoints(text: PrometheusText, view: AdminView): Generator<string> {
  const { endpointSets, stats } = view;
  const rows = new Map<string, number>();
  for (const { endpoints } of endpointSets.values()) {
    for (const endpoint of endpoints) rows.set(endpointKey(endpoint), endpoint.row);
  }
  const sorted = [...rows].sort(byKey).map(([endpoint, row]) => [toLabelText({ endpoint }), row] as const);
  const now = view.nowMs();
  const families: readonly (readonly [string, 'counter' | 'gauge', string, (row: number) => number])[] = [
    [
      'requests_total',
      'counter',
      'Requests given to the endpoint that came to an end; not those cancelled by clients.',
      (row) => stats.requests(row),
    ],
    [
      'failures_total',
      'counter',
      'Requests that failed there: no answer, or one of a failing gateway.',
      (row) => stats.failures(row),
    ],
    ['in_flight', 'gauge', 'Requests there now.', (row) => stats.inFlight(row)],
    [
      'latency_seconds',
      'gauge',
      'Peak-sensitive moving average of the time to the response head.',
      (row) => stats.latencyMs(row, now) / 1_000,
    ],
    ['ejections_total', 'counter', 'Times it was taken out for failing.', (row) => stats.ejections(row)],
    ['ejected', 'gauge', '1 while it is taken out, or is being tried again.', (row) => (stats.isOut(row) ? 1 : 0)],
  ];
  for (const [name, type, help, read] of families) {
    text.family(`fairlead_endpoint_${name}`, type, help);
    yield* inParts(text, sorted, ([labels, row]) => text.sample(read(row), labels));
  }
}

function requestsOf(sums: RuleSums): number {
  return total(sums.statusClasses);
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
