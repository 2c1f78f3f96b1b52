import { readFileSync, realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ImageTree } from './image-tree.ts';
import { collectNpmPackages, listPackageFiles } from './npm-packages.ts';
import { collectOwnSources, type OwnSources, toJavaScriptPath } from './own-sources.ts';
import { sharedLibraries } from './shared-libraries.ts';

/** Where the gateway is in its image. */
export const appFolder = 'app';
export const nodePath = 'usr/bin/node';
const gatewayFolder = 'apps/gateway';
const entries: readonly string[] = [`${gatewayFolder}/src/main.ts`];
export const mainPath: string = `${appFolder}/${toJavaScriptPath(entries[0]!)}`;
/** Whom the container runs as; `nonroot` of distroless images. */
export const user = 65_532;

export interface GatewayLayers {
  /** Node, its libraries, and the few files that programs expect. */
  readonly system: ImageTree;
  readonly npm: ImageTree;
  /** The gateway itself. */
  readonly own: ImageTree;
}

/** What the image of the checkout `root` holds. */
export function gatewayLayers(root: string): GatewayLayers {
  const sources = collectOwnSources(root, entries);
  return { system: systemLayer(), npm: npmLayer(root, sources), own: ownLayer(root, sources) };
}

/** The Node that runs this, which brings its own list of certificate authorities, and what it needs: no shell, no package manager. */
function systemLayer(): ImageTree {
  const tree = new ImageTree();
  tree.addFile(nodePath, { path: realpathSync(process.execPath) }, 0o755);
  for (const library of sharedLibraries(process.execPath)) {
    tree.addFile(library.slice(1), { path: realpathSync(library) }, 0o755);
  }
  tree.addText('etc/passwd', `root:x:0:0:root:/:/sbin/nologin\nnonroot:x:${user}:${user}:nonroot:/:/sbin/nologin\n`);
  tree.addText('etc/group', `root:x:0:\nnonroot:x:${user}:\n`);
  tree.addText('etc/nsswitch.conf', 'hosts: files dns\n');
  tree.addDirectory('tmp', 0o1777);
  return tree;
}

function npmLayer(root: string, { imported }: OwnSources): ImageTree {
  const tree = new ImageTree();
  for (const folder of collectNpmPackages(root, imported)) {
    for (const file of listPackageFiles(join(root, folder))) {
      tree.addFile(`${appFolder}/${folder}/${file}`, { path: join(root, folder, file) });
    }
  }
  return tree;
}

function ownLayer(root: string, { modules, packages }: OwnSources): ImageTree {
  const tree = new ImageTree();
  for (const [path, code] of modules) tree.addText(`${appFolder}/${path}`, code);
  for (const folder of [gatewayFolder, ...packages.values()]) {
    tree.addText(`${appFolder}/${folder}/package.json`, manifestOf(root, folder));
  }
  for (const [name, folder] of packages) {
    const link = `${appFolder}/node_modules/${name}`;
    tree.addLink(link, relative(join(link, '..'), `${appFolder}/${folder}`));
  }
  tree.addFile(`${appFolder}/LICENSE`, { path: join(root, 'LICENSE') });
  return tree;
}

function manifestOf(root: string, folder: string): string {
  const { name, version, license, exports } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
    readonly [field: string]: string | undefined;
  };
  const entry = exports === undefined ? {} : { exports: toJavaScriptPath(exports) };
  return `${JSON.stringify({ name, version, license, type: 'module', ...entry })}\n`;
}
