import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface LockEntry {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * Folders below node_modules, as paths from `root`, of the packages `names` and all that they depend on, as the lock file has resolved it.
 * Throws when one is not in the lock file.
 */
export function collectNpmPackages(root: string, names: Iterable<string>): readonly string[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, LockEntry>>;
  };
  const found = new Set<string>();
  const enter = (name: string, from: string): void => {
    const path = resolveFrom(lock.packages, name, from);
    if (path === null) throw new Error(`${name}, needed by ${from || 'the gateway'}, is not in package-lock.json`);
    if (found.has(path)) return;
    found.add(path);
    const { dependencies = {}, optionalDependencies = {} } = lock.packages[path]!;
    for (const dependency of Object.keys(dependencies)) {
      if (!isOnlyTypes(dependency) && !(dependency in optionalDependencies)) enter(dependency, path);
    }
  };
  for (const name of names) enter(name, '');
  return [...found].sort();
}

/** As Node looks for it: beside, then further and further up. */
function resolveFrom(packages: Readonly<Record<string, LockEntry>>, name: string, from: string): string | null {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (folder === '') return null;
  }
}

function isOnlyTypes(name: string): boolean {
  return name.startsWith('@types/');
}

/** The files of a package that running it can need, with its licence; paths from the package. Packages inside it are others. */
export function listPackageFiles(folder: string, inside: string = ''): readonly string[] {
  return readdirSync(join(folder, inside), { withFileTypes: true }).flatMap((entry) => {
    const path = join(inside, entry.name);
    if (entry.isDirectory()) return isLeftOut(path) ? [] : listPackageFiles(folder, path);
    return entry.isFile() && isRunnable(entry.name) ? [path] : [];
  });
}

const leftOut = new Set([
  'benchmark',
  'benchmarks',
  'doc',
  'docs',
  'example',
  'examples',
  'node_modules',
  'test',
  'tests',
  'types',
]);

function isLeftOut(path: string): boolean {
  return leftOut.has(path) || path.split('/').some((part) => part.startsWith('.') || part === '__tests__');
}

function isRunnable(name: string): boolean {
  return /^(?:licen[cs]e|notice|copying)/i.test(name) || /(?<!\.d)\.[cm]?js$|\.json$|\.wasm$|\.node$/.test(name);
}
