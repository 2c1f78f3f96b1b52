import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { appFolder, type GatewayLayers, mainPath } from './gateway-layers.ts';
import { unpack } from './unpack.ts';

/** Where main.ts keeps what V8 has compiled. */
const cacheFolder = `${appFolder}/node_modules/.cache/fairlead`;
const runTimeoutMs = 120_000;

/**
 * Adds to `own` what V8 compiles when the gateway starts, so that no start has to do that again. V8 goes by its own version and flags and by
 * the CPU's features: where these are others, it compiles as if there were nothing. `scratch` is an empty directory.
 */
export async function addCompiledCode({ npm, own }: GatewayLayers, scratch: string): Promise<void> {
  for (const layer of [npm, own]) unpack(layer, scratch);
  const main = join(scratch, mainPath);
  const sample = join(scratch, 'sample');
  mkdirSync(sample);
  writeFileSync(join(sample, 'gateway.yaml'), sampleGateway);
  await runUntil('"msg":"ready"', main, ['--from', sample]);
  const kubeconfig = join(scratch, 'kubeconfig');
  writeFileSync(kubeconfig, JSON.stringify(sampleKubeconfig));
  // It complains that there is nobody.
  await runUntil('"level":"warn"', main, ['--kubeconfig', kubeconfig]);
  addFolder(own, scratch, cacheFolder);
}

/** A port that is closed, for a gateway that has no Gateway of its own to serve. */
const sampleGateway = `apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: { name: fairlead }
spec: { controllerName: fairlead.dev/gateway }
`;

const sampleKubeconfig = {
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'sample',
  clusters: [{ name: 'sample', cluster: { server: 'http://127.0.0.1:9' } }],
  users: [{ name: 'sample', user: {} }],
  contexts: [{ name: 'sample', context: { cluster: 'sample', user: 'sample' } }],
};

/** Starts a gateway and ends it when it has logged `text`: compiled code is kept when a process ends. */
async function runUntil(text: string, main: string, args: readonly string[]): Promise<void> {
  const always = ['--workers', '1', '--admin', '127.0.0.1:0', '--access-log', 'off', '--drain-grace', '0'];
  const child = spawn(process.execPath, [main, 'run', ...always, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: runTimeoutMs,
    killSignal: 'SIGKILL',
  });
  let log = '';
  child.stderr.on('data', (data: Buffer) => {
    const before = log.includes(text);
    log += data.toString();
    if (!before && log.includes(text)) child.kill('SIGTERM');
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`the gateway of the image did not start:\n${log}`);
}

/** V8's files are the owner's alone; in the image everybody may read them, and nobody write. */
function addFolder(tree: GatewayLayers['own'], scratch: string, folder: string): void {
  for (const entry of readdirSync(join(scratch, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) addFolder(tree, scratch, path);
    else tree.addFile(path, { path: join(scratch, path) });
  }
}
