import { createHash } from 'node:crypto';
import { createWriteStream, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { FileContent, ImageEntry, ImageTree } from './image-tree.ts';
import { tarOf } from './tar.ts';

/** `Image` of the OCI image specification, as far as it says how a container starts. */
export interface ContainerConfig {
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Env: readonly string[];
  readonly User: string;
  readonly WorkingDir: string;
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly Labels: Readonly<Record<string, string>>;
}

export interface OciArchiveOptions {
  /** From the lowest up. */
  readonly layers: readonly ImageTree[];
  readonly config: ContainerConfig;
  /** With registry and tag: `localhost/fairlead:dev`. */
  readonly names: readonly string[];
  /** gzip: for registries; without it reading and writing take a fraction of the time. */
  readonly compress: boolean;
  readonly output: string;
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Writes an image as an OCI layout in a tar, which containerd, podman, skopeo and docker load. Nothing but Node is needed. */
export async function writeOciArchive(options: OciArchiveOptions): Promise<void> {
  const { output, config, names, compress } = options;
  const scratch = mkdtempSync(join(dirname(output), '.image-'));
  try {
    const layers: Layer[] = [];
    for (const [i, tree] of options.layers.entries())
      layers.push(await writeLayer(tree, join(scratch, `${i}`), compress));
    const platform = { architecture: architectures[process.arch] ?? process.arch, os: 'linux' };
    const diffIds = layers.map(({ diffId }) => diffId);
    const image = jsonBlob(
      { ...platform, config, rootfs: { type: 'layers', diff_ids: diffIds } },
      mediaType('config.v1+json'),
    );
    const manifest = jsonBlob(
      {
        schemaVersion: 2,
        mediaType: mediaType('manifest.v1+json'),
        config: image.descriptor,
        layers: layers.map(({ descriptor }) => descriptor),
      },
      mediaType('manifest.v1+json'),
    );
    const index = {
      schemaVersion: 2,
      mediaType: mediaType('index.v1+json'),
      manifests: names.map((name) => ({ ...manifest.descriptor, platform, annotations: nameAnnotations(name) })),
    };
    const blobs = [image, manifest, ...layers].map(({ descriptor, content }) => blobEntry(descriptor, content));
    const unfinished = join(scratch, 'archive');
    await pipeline(
      Readable.from(
        tarOf([
          fileEntry('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}')),
          fileEntry('index.json', Buffer.from(JSON.stringify(index))),
          ...new Map(blobs),
        ]),
      ),
      createWriteStream(unfinished),
    );
    renameSync(unfinished, output);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

interface Blob {
  readonly descriptor: Descriptor;
  readonly content: FileContent;
}

interface Layer extends Blob {
  /** Digest of what is in it before it was compressed. */
  readonly diffId: string;
}

async function writeLayer(tree: ImageTree, path: string, compress: boolean): Promise<Layer> {
  const plain = new Digest();
  const written = new Digest();
  const steps = compress ? [plain, createGzip(), written] : [plain];
  await pipeline([Readable.from(tarOf(tree.entries)), ...steps, createWriteStream(path)]);
  const descriptor = {
    mediaType: mediaType(compress ? 'layer.v1.tar+gzip' : 'layer.v1.tar'),
    digest: compress ? written.value : plain.value,
    size: statSync(path).size,
  };
  return { descriptor, content: { path }, diffId: plain.value };
}

/** Passes bytes on and knows their digest afterwards. */
class Digest extends Transform {
  readonly #hash = createHash('sha256');

  override _transform(chunk: Buffer, _encoding: string, done: (error: null, chunk: Buffer) => void): void {
    this.#hash.update(chunk);
    done(null, chunk);
  }

  get value(): string {
    return `sha256:${this.#hash.copy().digest('hex')}`;
  }
}

function jsonBlob(value: object, mediaType: string): Blob {
  const content = Buffer.from(JSON.stringify(value));
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  return { descriptor: { mediaType, digest, size: content.length }, content };
}

/** containerd goes by the first, others by the second. */
function nameAnnotations(name: string): Readonly<Record<string, string>> {
  return {
    'io.containerd.image.name': name,
    'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1),
  };
}

function mediaType(end: string): string {
  return `application/vnd.oci.image.${end}`;
}

function blobEntry({ digest }: Descriptor, content: FileContent): readonly [string, ImageEntry] {
  return fileEntry(`blobs/${digest.replace(':', '/')}`, content);
}

function fileEntry(path: string, content: FileContent): readonly [string, ImageEntry] {
  return [path, { is: 'file', mode: 0o644, content }];
}
