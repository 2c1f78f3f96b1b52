import { rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadDirectory } from './load-directory.ts';
import { ManifestFolder } from './manifest-folder.ts';
import type { SourceUpdate } from './source-update.ts';
import { makeFolder, routeText, sliceText, writeIn } from './test-kit.ts';

/** The hostname of every route, by name: which version of it is in use. */
function routes({ state }: SourceUpdate): Record<string, string | undefined> {
  return Object.fromEntries(
    [...state.httpRoutes].map(([key, { spec }]) => [key.replace('default/', ''), spec.hostnames?.[0]]),
  );
}

function problems({ problems }: SourceUpdate, root: string): string[] {
  return problems.map(({ file, line, object, field, message }) => {
    const where = `${file.replace(`${root}/`, '')}:${line}`;
    return [where, object, field, message.replaceAll(`${root}/`, '')].filter((part) => part !== '').join(' | ');
  });
}

function load(files: Readonly<Record<string, string>>): { root: string; folder: ManifestFolder } {
  const root = makeFolder(files);
  const folder = new ManifestFolder(root);
  folder.scan();
  return { root, folder };
}

describe('a folder of manifests', () => {
  it('is read with its sub-folders, in YAML and JSON, with lists and several documents, and without what editors leave', () => {
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }],
    };
    const { folder } = load({
      'a.yaml': `${routeText('one')}---\n# nothing\n---\n${routeText('two')}`,
      'deep/er/b.yml': routeText('three'),
      'c.JSON': JSON.stringify(list),
      'd.yaml':
        'apiVersion: v1\nkind: SecretList\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: s}\n  stringData: {k: v}\n',
      '.hidden.yaml': routeText('hidden'),
      '.git/e.yaml': routeText('hidden'),
      'a.yaml~': routeText('hidden'),
      '#a.yaml#': routeText('hidden'),
      '.a.yaml.swp': routeText('hidden'),
      'a.yaml.tmp': routeText('hidden'),
      '4913': routeText('hidden'),
      'README.md': '# no manifest',
    });
    const { state, problems } = folder.update;
    expect(Object.keys(routes(folder.update))).toEqual(['one', 'two', 'three']);
    expect([...state.namespaces.keys(), ...state.secrets.keys()]).toEqual(['shop', 'default/s']);
    expect(state.secrets.get('default/s')!.stringData).toEqual({ k: 'v' });
    expect(problems).toEqual([]);
  });

  it('gives objects their namespace, and takes the status from them', () => {
    const { folder } = load({ 'a.yaml': `${routeText('a')}status:\n  parents: []\n` });
    const route = folder.update.state.httpRoutes.get('default/a')!;
    expect(route).toEqual({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'a', namespace: 'default' },
      spec: { hostnames: ['a.example.com'] },
    });
  });

  it('keeps what did not change', () => {
    const { root, folder } = load({
      'a.yaml': `${routeText('a')}---\n${sliceText('s', '10.0.0.1')}`,
      'b.yaml': routeText('b'),
    });
    const before = folder.update;
    writeIn(
      root,
      'a.yaml',
      `# touched\n${routeText('a').replace('hostnames: [a.example.com]', 'hostnames:\n  - "a.example.com"')}---\n${sliceText('s', '10.0.0.1')}`,
    );
    folder.scan();
    expect(folder.update, 'an equal file changes nothing').toBe(before);

    writeIn(root, 'a.yaml', `${routeText('a')}---\n${sliceText('s', '10.0.0.2')}`);
    folder.scan();
    expect(folder.update.slices).not.toBe(before.slices);
    expect(folder.update.state, 'endpoints alone').toBe(before.state);

    writeIn(root, 'b.yaml', routeText('b', 'b.example.com'));
    folder.scan();
    const { state } = folder.update;
    expect(state.httpRoutes.get('default/b')).not.toBe(before.state.httpRoutes.get('default/b'));
    expect(state.httpRoutes.get('default/a')).toBe(before.state.httpRoutes.get('default/a'));
    expect(state.services).toBe(before.state.services);
  });

  it('leaves out an object that is wrong at first, and only that', () => {
    const { root, folder } = load({ 'a.yaml': `${routeText('a')}---\n${routeText('b', '7')}---\n${routeText('c')}` });
    expect(Object.keys(routes(folder.update))).toEqual(['a', 'c']);
    expect(problems(folder.update, root)).toEqual([
      'a.yaml:13 | HTTPRoute default/b | spec.hostnames[0] | must be a string, not a number: put it in quotes',
    ]);
  });

  it('keeps an object as it was last good when it becomes wrong', () => {
    const { root, folder } = load({ 'a.yaml': routeText('a') });
    writeIn(root, 'a.yaml', routeText('a', 'A.example.com'));
    folder.scan();
    expect(routes(folder.update)).toEqual({ a: 'a.example.com' });
    expect(problems(folder.update, root)[0]).toMatch(
      /^a.yaml:6 .*must be a lower-case host name.*; its last good version stays in use$/,
    );
    writeIn(root, 'a.yaml', routeText('a', 'b.example.com'));
    folder.scan();
    expect(routes(folder.update)).toEqual({ a: 'b.example.com' });
    expect(folder.update.problems).toEqual([]);
  });

  it.each([
    ['is no YAML', 'a: [', 'Flow sequence in block collection must be sufficiently indented'],
    ['has no kind', 'apiVersion: v1\nmetadata: {name: x}\n', 'is required'],
    ['has a mistyped kind', routeText('a').replace('HTTPRoute', 'HttpRout'), 'did you mean HTTPRoute?'],
    ['has no name', routeText('a').replace('name: a', 'nme: a'), 'is required'],
  ])('keeps what a file held while a document in it %s', (_, broken, message) => {
    const { root, folder } = load({ 'a.yaml': `${routeText('a')}---\n${routeText('b')}`, 'c.yaml': routeText('c') });
    writeIn(root, 'a.yaml', `${routeText('b', 'new.example.com')}---\n${broken}`);
    folder.scan();
    expect(routes(folder.update)).toEqual({ a: 'a.example.com', b: 'new.example.com', c: 'a.example.com' });
    expect(problems(folder.update, root).join()).toContain(message);
    writeIn(root, 'a.yaml', routeText('b'));
    folder.scan();
    expect(Object.keys(routes(folder.update))).toEqual(['b', 'c']);
  });

  it('says in which line and column a file is broken', () => {
    const json = load({ 'a.json': '{\n  "a": 1,\n}' });
    expect(problems(json.folder.update, json.root)).toEqual([
      'a.json:3 | a key in double quotes is expected here (column 1)',
    ]);
    const secret = load({ 'a.yaml': 'stringData:\n  key: "x" TOPSECRET\n', 'b.json': '{"key": TOPSECRET}' });
    expect(problems(secret.folder.update, secret.root).join()).not.toContain('TOPSECRET');
    const yaml = load({ 'a.yaml': `\ufeff${routeText('a')}---\na: 1\n b: 2\n` });
    expect(problems(yaml.folder.update, yaml.root)[0]).toMatch(/^a.yaml:8 \| .* \(column \d+\)$/);
  });

  it('takes the first of two files that define one object, and names both', () => {
    const { root, folder } = load({ 'b.yaml': routeText('x', 'b.example.com') });
    writeIn(root, 'a.yaml', `# first\n${routeText('x', 'a.example.com')}`);
    folder.scan();
    expect(routes(folder.update)).toEqual({ x: 'a.example.com' });
    expect(problems(folder.update, root)).toEqual([
      'b.yaml:1 | HTTPRoute default/x | is defined a second time: a.yaml:2 comes first and is used',
    ]);
    unlinkSync(join(root, 'a.yaml'));
    folder.scan();
    expect(routes(folder.update)).toEqual({ x: 'b.example.com' });
    expect(folder.update.problems).toEqual([]);
  });

  it('takes the second definition when the first was never good', () => {
    const { folder } = load({ 'a.yaml': routeText('x', '7'), 'b.yaml': routeText('x', 'b.example.com') });
    expect(routes(folder.update)).toEqual({ x: 'b.example.com' });
    expect(folder.update.problems).toHaveLength(2);
  });

  it('gives up the objects of a removed file, but nothing when the whole folder is gone', () => {
    const { root, folder } = load({ 'a.yaml': routeText('a'), 'sub/b.yaml': routeText('b') });
    rmSync(join(root, 'sub'), { recursive: true });
    folder.scan();
    expect(Object.keys(routes(folder.update))).toEqual(['a']);
    rmSync(root, { recursive: true });
    expect(folder.scan()).toBeNull();
    expect(Object.keys(routes(folder.update))).toEqual(['a']);
    expect(problems(folder.update, root)).toEqual([`${root}:1 | is no folder`]);
  });

  it('keeps what it knows of a file that is too large, or a link that leads nowhere', () => {
    const root = makeFolder({ 'a.yaml': routeText('a'), 'real/b.txt': routeText('b') });
    symlinkSync(join(root, 'real/b.txt'), join(root, 'b.yaml'));
    const folder = new ManifestFolder(root, { maxFileBytes: 1_000 });
    folder.scan();
    writeIn(root, 'a.yaml', `${routeText('a', 'b.example.com')}#${'x'.repeat(1_000)}`);
    rmSync(join(root, 'real'), { recursive: true });
    folder.scan();
    expect(routes(folder.update)).toEqual({ a: 'a.example.com', b: 'a.example.com' });
    expect(problems(folder.update, root)).toEqual([
      'a.yaml:1 | has 1113 bytes; a manifest file may have 1000; what it held before stays in use',
      'b.yaml:1 | is a symbolic link that leads nowhere; what it held before stays in use',
    ]);
  });

  it('is not led in circles by links, nor killed by hostile YAML', () => {
    const deep = '['.repeat(20_000);
    const aliases = `a: &a [x, x]\n${[...'bcdefgh'].map((name, i) => `${name}: &${name} [${`*${'abcdefg'[i]},`.repeat(9)}]`).join('\n')}\n`;
    const { root, folder } = load({
      'a.yaml': routeText('a'),
      'deep.yaml': deep,
      'aliases.yaml': aliases,
      'deep.json': deep,
    });
    symlinkSync(root, join(root, 'circle'));
    folder.scan();
    expect(Object.keys(routes(folder.update))).toEqual(['a']);
    expect(new Set(folder.update.problems.map(({ file }) => file.replace(`${root}/`, '')))).toEqual(
      new Set(['aliases.yaml', 'deep.json', 'deep.yaml']),
    );
  });

  it('finds the lines of fields', () => {
    const root = makeFolder({
      'a.yaml': `# one\n---\n${routeText('a')}  rules:\n    - matches:\n        - path: { value: /x }\n`,
    });
    const { locate } = loadDirectory(root);
    const file = join(root, 'a.yaml');
    const at = (...path: (string | number)[]): number | undefined => locate('HTTPRoute', 'default', 'a', path)?.line;
    expect(locate('HTTPRoute', 'default', 'a')).toEqual({ file, line: 3 });
    expect([at('spec'), at('spec', 'hostnames', 0), at('spec', 'rules', 0, 'matches', 0, 'path', 'value')]).toEqual([
      7, 8, 11,
    ]);
    expect(at('spec', 'rules', 0, 'backendRefs', 3), 'the nearest field around it').toBe(10);
    expect(locate('HTTPRoute', 'default', 'b')).toBeNull();
  });

  it('warns of kinds that are not read, and refuses unknown versions of those that are', () => {
    const { root, folder } = load({
      'a.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n',
      'b.yaml': routeText('b').replace('/v1', '/v2'),
    });
    expect(folder.update.problems.map(({ severity }) => severity)).toEqual(['warning', 'error']);
    expect(problems(folder.update, root)).toEqual([
      'a.yaml:1 | kind Deployment of apps/v1 is not read by Fairlead',
      'b.yaml:1 | HTTPRoute default/b | apiVersion | "gateway.networking.k8s.io/v2" is not supported for kind HTTPRoute; use gateway.networking.k8s.io/v1 or gateway.networking.k8s.io/v1beta1',
    ]);
  });
});

describe('a sequence of edits', () => {
  /** Documents, some of them broken; `touch` writes the same again. */
  const document = fc.oneof(
    fc
      .tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('x', 'y', 'BAD'))
      .map(([name, host]) => routeText(name, `${host}.example.com`)),
    fc.constantFrom('a: [', 'kind: HTTPRoute\n', sliceText('s', '10.0.0.1'), sliceText('s', '10.0.0.2')),
  );
  const edit = fc.record({
    path: fc.constantFrom('1.yaml', '2.yaml', 'sub/3.yaml'),
    text: fc.option(fc.array(document, { maxLength: 3 }).map((texts) => texts.join('---\n'))),
  });
  const good = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('x', 'y')), { maxLength: 3 });

  it('that ends in good files ends as a fresh load of them', () => {
    const property = fc.property(
      fc.array(edit, { maxLength: 8 }),
      fc.tuple(good, good),
      ([...edits], [first, second]) => {
        const root = makeFolder();
        const folder = new ManifestFolder(root);
        const change = (path: string, text: string | null): void => {
          if (text === null) rmSync(join(root, path), { force: true });
          else writeIn(root, path, text);
          if (!folder.readAgain([path])) folder.scan();
        };
        for (const { path, text } of edits) change(path, text);
        const toText = (parts: typeof first): string =>
          parts.map(([name, host]) => routeText(name, `${host}.example.com`)).join('---\n');
        change('sub/3.yaml', null);
        change('1.yaml', toText(first));
        change('2.yaml', toText(second));
        const fresh = new ManifestFolder(root);
        fresh.scan();
        expect(folder.update).toEqual(fresh.update);
        const last = folder.update;
        folder.scan();
        expect(folder.update).toBe(last);
      },
    );
    fc.assert(property, { numRuns: Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 60), seed: 11 });
  });
});
