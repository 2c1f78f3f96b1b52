import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  headersFrame,
  literalBlock,
  loadCpu,
  percentile,
  RawHttp2Connection,
  residentBytes,
  StartedProcess,
} from '@fairlead/e2e';
import { startBackend } from '../backends/nginx-backend.ts';
import { type Bench, type BenchContext, isWanted, type Sample } from '../bench.ts';
import { browserHeaders } from '../load/browser-headers.ts';
import { type H2loadShape, h2loadAtRate } from '../load/h2load.ts';
import { type Running, withTarget } from '../measure.ts';
import { envoy, fairlead, haproxy, nginx, selected } from '../peers/index.ts';
import type { Peer } from '../peers/peer.ts';
import { h2cBackendPort, requestHost, requestPath, type Site, simpleSite } from '../site.ts';

const connections = 10_000;
/** Opened at once; more overflow accept queues. */
const batch = 200;
const settleMs = 4_000;
const rps = 10_000;

const streamConnections = 40;
const streamsPerConnection = 100;
/** So many that no limit of requests in flight for an endpoint is met. */
const silentEndpoints = 8;

const alone = `${rps} rps alone`;
const beside = `${rps} rps beside ${connections} idle`;
const idleVariant = 'idle connections';
const streamVariant = 'streams that wait';

export const http2Idle: Bench = {
  name: 'http2-idle',
  summary: 'resident memory of 10,000 idle HTTP/2 connections and of 4,000 waiting streams; p99 of others beside them',
  bars: [
    { kind: 'value', variant: idleVariant, metric: 'RSS each', max: 16 },
    { kind: 'variant', variant: beside, metric: 'latency p99', base: alone, max: 1.5 },
    { kind: 'value', variant: beside, metric: 'failed', max: 0 },
  ],
  run: compare,
};

async function compare(context: BenchContext): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (let round = 1; round <= context.rounds; round++) {
    for (const peer of selected([fairlead, haproxy, nginx, envoy], context)) {
      const taken = [
        ...(holdsIdle(peer) && isIdleWanted(context) ? await measureIdle(peer, context) : []),
        ...(peer !== nginx && isWanted(streamVariant, context) ? await measureStreams(peer, context) : []),
      ];
      samples.push(...taken);
      const figures = taken.map(
        ({ variant, metric, value, unit }) => `${variant}: ${metric} ${value.toFixed(2)} ${unit}`,
      );
      context.progress(`round ${round} of ${context.rounds}: ${peer.name}: ${figures.join('; ')}`);
    }
  }
  return samples;
}

/** HAProxy sets two descriptors aside for each connection that it may have: 10,000 are beyond ordinary limits. */
function holdsIdle(peer: Peer): boolean {
  return peer !== haproxy;
}

function isIdleWanted(context: BenchContext): boolean {
  return [idleVariant, alone, beside].some((variant) => isWanted(variant, context));
}

async function measureIdle(peer: Peer, context: BenchContext): Promise<readonly Sample[]> {
  const site = simpleSite([{ host: requestHost, path: '/', pool: 'main' }], { accessLog: false, downstream: 'http2' });
  const backend = await startBackend(context.directory);
  try {
    return await withTarget(peer, site, context, async (process) => {
      const target = { peer, process, site };
      // Before any is opened: they may be idle for a minute.
      const quiet = await measureLatency(target, alone, context);
      const first = await openIdle(site.port, batch, '127.0.0.1');
      await sleep(settleMs);
      const before = residentBytes(process.pid);
      // From two addresses: no proxy has to let one client have ten thousand.
      const half = connections / 2;
      const rest = [
        ...(await openIdle(site.port, half, '127.0.0.2')),
        ...(await openIdle(site.port, half, '127.0.0.3')),
      ];
      await sleep(settleMs);
      const kib = (residentBytes(process.pid) - before) / connections / 1_024;
      const each = { target: peer.name, variant: idleVariant, metric: 'RSS each', unit: 'KiB', value: kib };
      const loud = await measureLatency(target, beside, context);
      closeAll([...first, ...rest]);
      return [each, ...quiet, ...loud];
    });
  } finally {
    await backend.stop();
  }
}

/** Throws when the target closed one of them by itself: then it was not the memory of so many that was measured. */
function closeAll(sockets: readonly RawHttp2Connection[]): void {
  const lost = sockets.filter((socket) => socket.isClosed).length;
  for (const socket of sockets) socket.destroy();
  if (lost > 0) throw new Error(`the target closed ${lost} idle connections`);
}

/** Each after one request. */
async function openIdle(port: number, count: number, from: string): Promise<readonly RawHttp2Connection[]> {
  const opened: RawHttp2Connection[] = [];
  while (opened.length < count) {
    const size = Math.min(batch, count - opened.length);
    opened.push(...(await Promise.all(Array.from({ length: size }, () => openAndAsk(port, from, requestPath)))));
  }
  return opened;
}

async function openAndAsk(port: number, from: string, path: string): Promise<RawHttp2Connection> {
  const connection = await RawHttp2Connection.open({ port, from });
  const streamId = connection.nextStreamId();
  connection.write(headersFrame(streamId, requestBlock(path), true));
  if (await connection.until(() => connection.endedStreams.has(streamId), 10_000)) return connection;
  throw new Error('a request on a new connection was not answered');
}

function requestBlock(path: string): Buffer {
  return literalBlock([
    [':method', 'GET'],
    [':scheme', 'http'],
    [':authority', requestHost],
    [':path', path],
  ]);
}

const get: H2loadShape = { connections: 8, streams: 100, headers: browserHeaders, paths: [requestPath], body: null };

async function measureLatency(target: Running, variant: string, context: BenchContext): Promise<readonly Sample[]> {
  if (!isWanted(variant, context)) return [];
  await h2loadAtRate(target, get, rps, 2, context.directory);
  const run = await h2loadAtRate(target, get, rps, context.seconds, context.directory);
  const sample = (metric: string, unit: string, value: number): Sample => {
    return { target: target.peer.name, variant, metric, unit, value };
  };
  return [
    sample('latency p50', 'ms', percentile(run.latencies, 50)),
    sample('latency p99', 'ms', percentile(run.latencies, 99)),
    sample('failed', 'requests', run.failures),
  ];
}

async function measureStreams(peer: Peer, context: BenchContext): Promise<readonly Sample[]> {
  const server = join(import.meta.dirname, '../backends/silent-server.ts');
  const args = [server, String(h2cBackendPort), String(silentEndpoints)];
  const backend = StartedProcess.start(loadCpu, process.execPath, args);
  await backend.listening(h2cBackendPort);
  try {
    return await withTarget(peer, silentSite(), context, async (process) => {
      const opened: RawHttp2Connection[] = [];
      for (let i = 0; i < streamConnections; i++) {
        opened.push(await openAndAsk(silentSite().port, '127.0.0.1', '/ready'));
      }
      await sleep(settleMs);
      const before = residentBytes(process.pid);
      for (const connection of opened) askMany(connection);
      await sleep(settleMs);
      const streams = streamConnections * streamsPerConnection;
      const kib = (residentBytes(process.pid) - before) / streams / 1_024;
      const answered = opened.reduce((sum, connection) => sum + connection.statuses.size - 1, 0);
      closeAll(opened);
      if (answered > 0) throw new Error(`${answered} of ${streams} requests did not wait`);
      return [{ target: peer.name, variant: streamVariant, metric: 'RSS each', unit: 'KiB', value: kib }];
    });
  } finally {
    await backend.stop();
  }
}

function askMany(connection: RawHttp2Connection): void {
  const block = requestBlock('/waits');
  connection.write(
    ...Array.from({ length: streamsPerConnection }, () => headersFrame(connection.nextStreamId(), block, true)),
  );
}

function silentSite(): Site {
  const addresses = Array.from({ length: silentEndpoints }, (_, i) => `127.0.0.${i + 1}:${h2cBackendPort}`);
  return simpleSite([{ host: requestHost, path: '/', pool: 'main' }], {
    accessLog: false,
    downstream: 'http2',
    upstream: 'h2c',
    pools: new Map([['main', addresses]]),
  });
}
