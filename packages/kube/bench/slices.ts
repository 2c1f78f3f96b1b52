import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createPool } from '../src/connections.ts';
import { Discovery } from '../src/discovery.ts';
import { kindResource } from '../src/kind-resource.ts';
import { KindWatch } from '../src/kind-watch.ts';
import { KubeApi } from '../src/kube-api.ts';

/**
 * Time, memory and the longest turns of the event loop when reading many EndpointSlices, sent as a watch or in pages:
 * node --expose-gc packages/kube/bench/slices.ts [COUNT] [true|false]
 */
const [count = '10000', streaming = 'true'] = process.argv.slice(2);
const child = spawn(process.execPath, [new URL('./slice-server.ts', import.meta.url).pathname, count, streaming], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [line] = (await once(child.stdout, 'data')) as [Buffer];
const server = new URL(`http://127.0.0.1:${line.toString().trim()}`);
const api = new KubeApi(
  {
    server,
    dispatcher: createPool(server, async () => ({})),
    authorization: async () => null,
    invalidate: () => {},
    headers: {},
    namespace: '',
    name: 'bench',
  },
  { userAgent: 'bench' },
);
const context = {
  api,
  discovery: new Discovery(api, 0),
  streaming: { supported: true },
  random: Math.random,
  timing: {},
};
const collect = (globalThis as { readonly gc?: () => void }).gc ?? (() => {});
collect();
const before = process.memoryUsage();
const stop = new AbortController();
const cpu = process.cpuUsage();
const startMs = performance.now();
const watch = new KindWatch(kindResource('EndpointSlice'), null, context, { onChange: () => {}, onState: () => {} });
void watch.run(stop.signal);
const turnsMs: number[] = [];
while (!watch.listed) {
  // CPU time of this thread and not the clock's: the machine may be busy with others.
  const turn = process.threadCpuUsage();
  await new Promise((resolve) => setImmediate(resolve));
  const { user, system } = process.threadCpuUsage(turn);
  turnsMs.push((user + system) / 1_000);
}
const tookMs = performance.now() - startMs;
turnsMs.sort((a, b) => b - a);
const peak = process.memoryUsage().rss;
const { user, system } = process.cpuUsage(cpu);
collect();
const after = process.memoryUsage();
const mib = (bytes: number) => Math.round((bytes / 1024 / 1024) * 10) / 10;
console.log({
  slices: watch.objects.size,
  tookMs: Math.round(tookMs),
  cpuMs: Math.round((user + system) / 1_000),
  longestTurnsMs: turnsMs.slice(0, 5).map((ms) => Math.round(ms * 10) / 10),
  heapMiB: mib(after.heapUsed - before.heapUsed),
  peakRssMiB: mib(peak - before.rss),
});
stop.abort();
child.kill();
