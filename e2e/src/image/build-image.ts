import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { addCompiledCode } from './compiled-code.ts';
import { type GatewayLayers, gatewayLayers, mainPath, nodePath, user } from './gateway-layers.ts';
import { type ContainerConfig, writeOciArchive } from './oci-archive.ts';
import { unpack } from './unpack.ts';

export interface ImageOptions {
  /** The checkout, with its dependencies installed. */
  readonly root: string;
  /** With registry and tag: `localhost/fairlead:dev`. */
  readonly names: readonly string[];
  /** gzip, for registries. */
  readonly compress: boolean;
  /** The archive. Its directory is made. */
  readonly output: string;
}

/**
 * Makes the image of a checkout, with the Node that runs this, without any container tool: an OCI archive for `ctr images import`,
 * `podman load`, `skopeo copy oci-archive:…`. Linux only. The same sources give the same image but for what V8 has compiled.
 */
export async function buildImage({ root, names, compress, output }: ImageOptions): Promise<void> {
  mkdirSync(dirname(output), { recursive: true });
  await withLayers(root, dirname(output), ({ system, npm, own }) =>
    writeOciArchive({ layers: [system, npm, own], config: containerConfig(root), names, compress, output }),
  );
}

/** The same as a directory, for a Containerfile to copy. */
export async function buildImageDirectory(root: string, directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  await withLayers(root, dirname(directory), async ({ system, npm, own }) => {
    for (const layer of [system, npm, own]) unpack(layer, directory);
  });
}

async function withLayers(root: string, near: string, use: (layers: GatewayLayers) => Promise<void>): Promise<void> {
  const layers = gatewayLayers(root);
  const scratch = mkdtempSync(join(near, '.image-'));
  try {
    await addCompiledCode(layers, scratch);
    await use(layers);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** How the container starts; the Containerfile says the same. */
export function containerConfig(root: string): ContainerConfig {
  const manifest = readFileSync(join(root, 'apps/gateway/package.json'), 'utf8');
  const { version, license } = JSON.parse(manifest) as { readonly version: string; readonly license: string };
  return {
    Entrypoint: [`/${nodePath}`, `/${mainPath}`],
    Cmd: ['run'],
    Env: ['NODE_ENV=production'],
    User: `${user}:${user}`,
    WorkingDir: '/',
    ExposedPorts: { '9901/tcp': {} },
    Labels: {
      'org.opencontainers.image.title': 'fairlead',
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': license,
    },
  };
}
