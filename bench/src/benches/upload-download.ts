import { spawn } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, loadCpu, residentBytes, StartedProcess } from '@fairlead/e2e';
import { startBackend } from '../backends/nginx-backend.ts';
import type { Bench, BenchContext, Sample } from '../bench.ts';
import { withTarget } from '../measure.ts';
import { envoy, fairlead, haproxy, nginx, selected } from '../peers/index.ts';
import type { Peer } from '../peers/peer.ts';
import { backendPort, requestHost, type Site, simpleSite } from '../site.ts';

const sinkPort = backendPort + 10;
const gibibyte = 2 ** 30;

export const uploadDownload: Bench = {
  name: 'upload-download',
  summary: '1 GiB each way: CPU per GiB and growth of resident memory',
  bars: ['download', 'upload'].flatMap((variant) => [
    { kind: 'ratio' as const, variant, metric: 'CPU per GiB', peer: 'nginx', max: 1.3 },
    { kind: 'value' as const, variant, metric: 'RSS growth', max: 32 },
  ]),
  run: compare,
};

async function compare(context: BenchContext): Promise<readonly Sample[]> {
  const root = join(context.directory, 'root');
  const file = join(root, 'file');
  mkdirSync(root, { recursive: true });
  writeFileSync(file, '');
  truncateSync(file, gibibyte);
  const pools = new Map([
    ['main', [`127.0.0.1:${backendPort}`]],
    ['sink', [`127.0.0.1:${sinkPort}`]],
  ]);
  const routes = [
    { host: requestHost, path: '/upload', pool: 'sink' },
    { host: requestHost, path: '/', pool: 'main' },
  ];
  const site = simpleSite(routes, { pools, accessLog: false });
  const backend = await startBackend(context.directory, root);
  const sink = StartedProcess.start(loadCpu, process.execPath, [
    join(import.meta.dirname, '../backends/sink-server.ts'),
    String(sinkPort),
  ]);
  try {
    await sink.listening(sinkPort);
    return await rounds(context, site, file);
  } finally {
    await Promise.all([backend.stop(), sink.stop()]);
  }
}

async function rounds(context: BenchContext, site: Site, file: string): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (let round = 1; round <= context.rounds; round++) {
    for (const peer of selected([nginx, fairlead, haproxy, envoy], context)) {
      const download = ['--output', '/dev/null', `http://127.0.0.1:${site.port}/file`];
      const upload = ['--output', '/dev/null', '--upload-file', file, `http://127.0.0.1:${site.port}/upload`];
      for (const [variant, args] of [
        ['download', download],
        ['upload', upload],
      ] as const) {
        const taken = await measure(peer, site, variant, args, context);
        samples.push(...taken);
        const text = taken.map((s) => `${s.metric} ${s.value.toFixed(1)} ${s.unit}`).join(', ');
        context.progress(`round ${round} of ${context.rounds}: ${variant}: ${peer.name}: ${text}`);
      }
    }
  }
  return samples;
}

async function measure(
  peer: Peer,
  site: Site,
  variant: string,
  args: readonly string[],
  context: BenchContext,
): Promise<readonly Sample[]> {
  return withTarget(peer, site, context, async (process) => {
    await sleep(500);
    const memory = residentBytes(process.pid);
    const cpu = cpuSeconds(process.pid);
    let peak = memory;
    const watch = setInterval(() => {
      peak = Math.max(peak, residentBytes(process.pid));
    }, 50);
    try {
      await curl(args);
    } finally {
      clearInterval(watch);
    }
    const sample = (metric: string, unit: string, value: number): Sample => {
      return { target: peer.name, variant, metric, unit, value };
    };
    return [
      sample('CPU per GiB', 'ms', (cpuSeconds(process.pid) - cpu) * 1_000),
      sample('RSS growth', 'MiB', (peak - memory) / 2 ** 20),
    ];
  });
}

async function curl(args: readonly string[]): Promise<void> {
  const fixed = [
    '-c',
    String(loadCpu),
    'curl',
    '--silent',
    '--show-error',
    '--fail',
    '--header',
    `Host: ${requestHost}`,
  ];
  const child = spawn('taskset', [...fixed, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`curl failed with exit code ${code}`);
}
