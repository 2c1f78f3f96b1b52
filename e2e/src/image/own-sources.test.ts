import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectNpmPackages } from './npm-packages.ts';
import { collectOwnSources } from './own-sources.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fairlead-sources-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

describe('collectOwnSources', () => {
  it('follows imports of all kinds into packages, and nothing that only types need', () => {
    write(
      'app/main.ts',
      [
        "import { readFileSync } from 'node:fs';",
        "import type { T } from './types.ts';",
        "import { pure, type U } from '@fairlead/pure';",
        'export {',
        '  one,',
        "} from './one.ts';",
        "const worker = new URL('./worker.ts', import.meta.url);",
        "const manifest = new URL('../package.json', import.meta.url);",
        "const lazy = async (): Promise<unknown> => import('@scope/lazy/deep');",
        "const text: string = `import nothing from 'nowhere'`;",
        "const words = ['from', ', '];",
      ].join('\n'),
    );
    write('app/one.ts', "import 'fastify';\nexport const one: number = 1;");
    write('app/worker.ts', 'export {};');
    write('packages/pure/package.json', '{ "exports": "./src/index.ts" }');
    write('packages/pure/src/index.ts', "export { pure } from './pure.ts';");
    write('packages/pure/src/pure.ts', 'export const pure: 1 = 1;');
    const { modules, packages, imported } = collectOwnSources(root, ['app/main.ts']);
    expect([...modules.keys()].sort()).toEqual([
      'app/main.js',
      'app/one.js',
      'app/worker.js',
      'packages/pure/src/index.js',
      'packages/pure/src/pure.js',
    ]);
    expect([...packages]).toEqual([['@fairlead/pure', 'packages/pure']]);
    expect([...imported].sort()).toEqual(['@scope/lazy', 'fastify']);
    expect(modules.get('app/one.js')).toMatch(/^import 'fastify';\nexport const one\s+= 1;$/);
    expect(modules.get('app/main.js')).toContain("new URL('./worker.js', import.meta.url)");
    expect(modules.get('app/main.js')).toContain("new URL('../package.json', import.meta.url)");
  });

  it('fails on an import that leads nowhere', () => {
    write('app/main.ts', "import './gone.ts';");
    expect(() => collectOwnSources(root, ['app/main.ts'])).toThrow('gone.ts');
    write('app/main.ts', "import '@fairlead/gone';");
    expect(() => collectOwnSources(root, ['app/main.ts'])).toThrow('there is no packages/gone');
  });
});

describe('collectNpmPackages', () => {
  const lock = {
    packages: {
      'node_modules/a': { dependencies: { b: '1', '@types/b': '1' }, optionalDependencies: { gone: '1' } },
      'node_modules/a/node_modules/b': { dependencies: { c: '1' } },
      'node_modules/b': {},
      'node_modules/c': { dependencies: { a: '1' } },
    },
  };

  it('takes what Node would find, and no types', () => {
    write('package-lock.json', JSON.stringify(lock));
    expect(collectNpmPackages(root, ['a'])).toEqual([
      'node_modules/a',
      'node_modules/a/node_modules/b',
      'node_modules/c',
    ]);
  });

  it('fails on what the lock file does not know', () => {
    write('package-lock.json', JSON.stringify(lock));
    expect(() => collectNpmPackages(root, ['z'])).toThrow('z, needed by the gateway, is not in package-lock.json');
  });
});
