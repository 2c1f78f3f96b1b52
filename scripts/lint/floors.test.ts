import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const complaint = /imports? (no other package|floor 0 only)|is pure|are pure|by its name|speaks HTTP/;
let project: string;

// A project of its own with the real rules, so that a file can stand where it must not without touching the tree.
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'fairlead-floors-'));
  cpSync(join(root, 'biome.json'), join(project, 'biome.json'));
  cpSync(join(root, 'scripts/lint'), join(project, 'scripts/lint'), { recursive: true });
});
afterAll(() => rmSync(project, { recursive: true }));

/** What the linter says of `code` standing at `path`. */
function lint(path: string, code: string): string {
  const file = join(project, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, code);
  const biome = join(root, 'node_modules/.bin/biome');
  const { stdout, stderr } = spawnSync(biome, ['lint', '--colors=off', '--vcs-enabled=false', path], {
    cwd: project,
    encoding: 'utf8',
  });
  return stdout + stderr;
}

describe('the floors', () => {
  it.each([
    ['packages/message/src/a.ts', "import '@fairlead/resources';", 'Floor 0 imports no other package'],
    ['packages/resources/src/a.ts', "import 'node:fs';", 'Floor 0 is pure'],
    ['packages/routing/src/b.ts', "import '@fairlead/balancer';", 'Floor 1 imports floor 0 only'],
    ['packages/wire/src/a.ts', "import 'node:net';", 'Floor 1 is pure'],
    ['packages/balancer/src/a.ts', 'export const a: number = Math.random();', 'take randomness as an argument'],
    ['packages/balancer/src/b.ts', 'export const a: number = Date.now();', 'take the time as an argument'],
    ['packages/wire/src/http1/a.ts', 'setTimeout(() => {}, 1);', 'the caller owns the timers'],
    ['apps/gateway/src/a.ts', "import '@fairlead/routing/src/table.ts';", 'Import a package by its name only'],
    ['packages/kube/src/a.ts', "import '@fairlead/routing';", 'Floor 2 imports floor 0 only'],
    ['packages/routing/src/f.ts', "import '@fairlead/kube';", 'Floor 1 imports floor 0 only'],
    ['e2e/a.ts', "import '@fairlead/routing';", 'e2e speaks HTTP and kubectl'],
  ])('%s may not contain %s', (path, code, expected) => {
    expect(lint(path, code)).toContain(expected);
  });

  it.each([
    ['packages/routing/src/c.ts', "import '@fairlead/message';"],
    ['packages/routing/src/d.ts', 'export const a: number = Date.parse("2026-01-01");'],
    ['packages/routing/src/e.test.ts', "import 'node:fs';"],
    ['packages/kube/src/b.ts', "import '@fairlead/resources';\nimport 'node:fs';\nsetTimeout(() => {}, Date.now());"],
    ['apps/gateway/src/b.ts', "import 'node:net';\nimport '@fairlead/wire';"],
  ])('%s may contain %s', (path, code) => {
    const said = lint(path, code);
    expect(said).toContain('Checked 1 file');
    expect(said).not.toMatch(complaint);
  });
});
