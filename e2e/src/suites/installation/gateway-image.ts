import { mkdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { OwnCluster } from '../../cluster/own-cluster.ts';
import { runCommand } from '../../run-command.ts';

const root = resolve(import.meta.dirname, '../../../..');
const writer = join(root, 'e2e/cluster/image.py');
const nobody = '65532:65532';
const timeoutMs = 300_000;

export const gatewayImage = { repository: 'localhost/fairlead', tag: 'e2e' } as const;

/** The tar that `makeGatewayImage` writes. */
export function gatewayImageFile(): string {
  return join(new OwnCluster().cache, 'fairlead', 'image.tar');
}

/**
 * This checkout as an image: the pinned Node with its libraries, the gateway's dependencies, and its sources, each a layer, so that what did
 * not change is unpacked once. Throws with what the writer said.
 */
export async function makeGatewayImage(): Promise<void> {
  const file = gatewayImageFile();
  mkdirSync(dirname(file), { recursive: true });
  const dependencies = await productionDependencies();
  const sources = ['package.json', 'apps/gateway/package.json', 'apps/gateway/src', ...workspaceFiles()];
  await write([
    ...['-o', file, '--name', `${gatewayImage.repository}:${gatewayImage.tag}`],
    ...['--ldd', `${process.execPath}:/usr/local/bin/node`, '--dir', '/tmp:1777'],
    ...['--layer', ...added(dependencies)],
    ...['--layer', ...added(sources)],
    ...['--entrypoint', '/usr/local/bin/node', '--entrypoint', '/app/apps/gateway/src/main.ts', '--cmd', 'run'],
    ...['--workdir', '/app', '--user', nobody],
  ]);
}

/** Of the gateway and of the packages it is made of, as npm sees them: paths within the checkout. */
async function productionDependencies(): Promise<readonly string[]> {
  const list = ['npm', 'ls', '--omit=dev', '--all', '--parseable', '--workspace', 'apps/gateway'];
  const { code, output } = await runCommand('env', ['-C', root, ...list], timeoutMs);
  if (code !== 0) throw new Error(`npm ls: ${output.trim()}`);
  const paths = output.split('\n').filter((line) => line.startsWith(`${root}/`) && line.includes('/node_modules/'));
  return [...new Set(paths.map((path) => relative(root, path)))].filter((path) => !path.includes('/@fairlead/')).sort();
}

/** Sources of the packages, and the links by which they find each other. */
function workspaceFiles(): readonly string[] {
  const names = ['balancer', 'kube', 'message', 'resources', 'routing', 'wire'];
  return names.flatMap((name) => [
    `packages/${name}/package.json`,
    `packages/${name}/src`,
    `node_modules/@fairlead/${name}`,
  ]);
}

function added(paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) => ['--add', `${join(root, path)}:/app/${path}`]);
}

async function write(args: readonly string[]): Promise<void> {
  const { code, output } = await runCommand(writer, args, timeoutMs);
  if (code !== 0) throw new Error(`${writer}: ${output.trim()}`);
}
