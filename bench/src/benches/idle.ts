import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { residentBytes } from '@fairlead/e2e';
import { startBackend } from '../backends/nginx-backend.ts';
import type { Bench, BenchContext, Sample } from '../bench.ts';
import { withTarget } from '../measure.ts';
import { envoy, fairlead, fastifyHttpProxy, nginx, selected } from '../peers/index.ts';
import type { Peer } from '../peers/peer.ts';
import { requestHost, requestPath, type Site, simpleSite } from '../site.ts';

const connections = 10_000;
/** Opened at once; more overflow accept queues. */
const batch = 200;
const settleMs = 4_000;

export const idle: Bench = {
  name: 'idle',
  summary: '10,000 idle connections, each after one request: resident memory of each',
  bars: [{ kind: 'value', variant: '', metric: 'RSS per connection', max: 6 }],
  run: compare,
};

async function compare(context: BenchContext): Promise<readonly Sample[]> {
  const site = simpleSite([{ host: requestHost, path: '/', pool: 'main' }], { accessLog: false });
  const samples: Sample[] = [];
  const backend = await startBackend(context.directory);
  try {
    for (let round = 1; round <= context.rounds; round++) {
      for (const peer of selected([fairlead, nginx, envoy, fastifyHttpProxy], context)) {
        const sample = await measure(peer, site, context);
        samples.push(sample);
        context.progress(`round ${round} of ${context.rounds}: ${peer.name} ${sample.value.toFixed(2)} KiB`);
      }
    }
  } finally {
    await backend.stop();
  }
  return samples;
}

async function measure(peer: Peer, site: Site, context: BenchContext): Promise<Sample> {
  return withTarget(peer, site, context, async (process) => {
    const first = await openConnections(site.port, batch, '127.0.0.1');
    await sleep(settleMs);
    const before = residentBytes(process.pid);
    // From two addresses: no proxy has to let one client have ten thousand.
    const half = connections / 2;
    const rest = [
      ...(await openConnections(site.port, half, '127.0.0.2')),
      ...(await openConnections(site.port, half, '127.0.0.3')),
    ];
    await sleep(settleMs);
    const grown = residentBytes(process.pid) - before;
    for (const socket of [...first, ...rest]) socket.destroy();
    const value = grown / connections / 1_024;
    return { target: peer.name, variant: '', metric: 'RSS per connection', unit: 'KiB', value };
  });
}

async function openConnections(port: number, count: number, from: string): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const size = Math.min(batch, count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: size }, () => openAndAsk(port, from)))));
  }
  return sockets;
}

/** Resolves when the one request is answered. */
async function openAndAsk(port: number, from: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the target closed an idle connection')));
    socket.write(`GET ${requestPath} HTTP/1.1\r\nHost: ${requestHost}\r\n\r\n`);
    let taken = 0;
    socket.on('data', (data) => {
      taken += data.length;
      if (taken > 1_024) resolve(socket);
    });
  });
}
