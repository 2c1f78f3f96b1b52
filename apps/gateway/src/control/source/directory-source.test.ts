import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DirectorySource, type DirectorySourceOptions, type SourceUpdate } from './directory-source.ts';
import { makeFolder, routeText, sliceText, writeIn } from './test-kit.ts';

/** Follows a folder on the real file system. Nothing is found by rescans unless a test asks for them. */
class Follower {
  readonly source: DirectorySource;
  readonly updates: SourceUpdate[] = [];
  readonly #abort = new AbortController();

  constructor(root: string, options: DirectorySourceOptions) {
    this.source = new DirectorySource(root, (update) => this.updates.push(update), { rescanMs: 60_000, ...options });
    onTestFinished(() => this.stop());
  }

  async start(): Promise<this> {
    await this.source.start(this.#abort.signal);
    return this;
  }

  stop(): void {
    this.#abort.abort();
  }

  routes(): Record<string, string | undefined> {
    const routes = this.updates.at(-1)!.state.httpRoutes;
    return Object.fromEntries([...routes].map(([key, { spec }]) => [key.replace('default/', ''), spec.hostnames?.[0]]));
  }

  /** Until it has these routes. */
  async sees(routes: Record<string, string>): Promise<void> {
    await expect.poll(() => this.routes(), { interval: 5, timeout: 5_000 }).toEqual(routes);
  }
}

function follow(root: string, options: DirectorySourceOptions = {}): Promise<Follower> {
  return new Follower(root, options).start();
}

const a = { a: 'a.example.com' };
const b = { a: 'b.example.com' };

describe('following a folder', () => {
  it('gives what is there once, then each change', async () => {
    const root = makeFolder({ 'a.yaml': routeText('a') });
    const follower = await follow(root);
    expect(follower.updates).toHaveLength(1);
    expect(follower.routes()).toEqual(a);
    writeIn(root, 'a.yaml', routeText('a', 'b.example.com'));
    await follower.sees(b);
    writeIn(root, 'new.yaml', routeText('new'));
    await follower.sees({ ...b, new: 'a.example.com' });
    unlinkSync(join(root, 'a.yaml'));
    await follower.sees({ new: 'a.example.com' });
    expect(follower.updates).toHaveLength(4);
    expect(follower.source.locate('HTTPRoute', 'default', 'new')).toEqual({ file: join(root, 'new.yaml'), line: 1 });
  });

  it('sees files that are replaced, and passes over what editors leave meanwhile', async () => {
    const root = makeFolder({ 'a.yaml': routeText('a') });
    const follower = await follow(root, { quietMs: 100 });
    writeIn(root, '.a.yaml.swp', 'swap');
    writeIn(root, '4913', '');
    unlinkSync(join(root, '4913'));
    renameSync(join(root, 'a.yaml'), join(root, 'a.yaml~'));
    writeIn(root, 'a.yaml', routeText('a', 'b.example.com'));
    unlinkSync(join(root, 'a.yaml~'));
    await follower.sees(b);
    expect(follower.updates).toHaveLength(2);
    writeIn(root, 'a.yaml.tmp', routeText('a'));
    renameSync(join(root, 'a.yaml.tmp'), join(root, 'a.yaml'));
    await follower.sees(a);
  });

  it('sees a mounted ConfigMap change', async () => {
    const root = makeFolder({ '..2026_1/a.yaml': routeText('a') });
    symlinkSync('..2026_1', join(root, '..data'));
    symlinkSync('..data/a.yaml', join(root, 'a.yaml'));
    const follower = await follow(root);
    expect(follower.routes()).toEqual(a);
    writeIn(root, '..2026_2/a.yaml', routeText('a', 'b.example.com'));
    symlinkSync('..2026_2', join(root, '..data_tmp'));
    renameSync(join(root, '..data_tmp'), join(root, '..data'));
    rmSync(join(root, '..2026_1'), { recursive: true });
    await follower.sees(b);
  });

  it('follows folders that come, go and come back', async () => {
    const root = makeFolder({ 'a.yaml': routeText('a') });
    const follower = await follow(root);
    for (const host of ['x.example.com', 'y.example.com']) {
      writeIn(root, 'deep/er/n.yaml', routeText('n'));
      await follower.sees({ ...a, n: 'a.example.com' });
      writeIn(root, 'deep/er/n.yaml', routeText('n', host));
      await follower.sees({ ...a, n: host });
      rmSync(join(root, 'deep'), { recursive: true });
      await follower.sees(a);
    }
    writeIn(root, 'other/n.yaml', routeText('n'));
    await follower.sees({ ...a, n: 'a.example.com' });
    renameSync(join(root, 'other'), join(root, 'renamed'));
    await sleep(50);
    writeIn(root, 'renamed/n.yaml', routeText('n', 'x.example.com'));
    await follower.sees({ ...a, n: 'x.example.com' });
  });

  it('keeps everything while the whole folder is away, and follows the one that comes', async () => {
    const parent = makeFolder({ 'root/a.yaml': routeText('a') });
    const root = join(parent, 'root');
    const follower = await follow(root, { missingRescanMs: 20 });
    rmSync(root, { recursive: true });
    await expect.poll(() => follower.updates.at(-1)!.problems.length, { interval: 5 }).toBe(1);
    expect(follower.routes()).toEqual(a);
    writeIn(parent, 'root/a.yaml', routeText('a', 'b.example.com'));
    await follower.sees(b);
    writeIn(parent, 'root/a.yaml', routeText('a'));
    await follower.sees(a);
  });

  it('begins with no folder at all', async () => {
    const root = join(makeFolder(), 'later');
    const follower = await follow(root, { missingRescanMs: 20 });
    expect(follower.updates[0]!.problems).toHaveLength(1);
    mkdirSync(root);
    writeIn(root, 'a.yaml', routeText('a'));
    await follower.sees(a);
  });

  it('sees the folder exchanged by its symbolic link', async () => {
    const parent = makeFolder({ '1/a.yaml': routeText('a'), '2/a.yaml': routeText('a', 'b.example.com') });
    symlinkSync('1', join(parent, 'current'));
    const follower = await follow(join(parent, 'current'));
    symlinkSync('2', join(parent, 'next'));
    renameSync(join(parent, 'next'), join(parent, 'current'));
    await follower.sees(b);
    writeIn(parent, '2/a.yaml', routeText('a'));
    await follower.sees(a);
  });

  it('takes changes together while they come fast, but waits no longer than it may', async () => {
    const root = makeFolder({ 'a.yaml': routeText('a', 'h0.example.com') });
    const follower = await follow(root, { quietMs: 50, maxWaitMs: 150 });
    const startMs = performance.now();
    let writes = 0;
    while (performance.now() - startMs < 400) {
      writeIn(root, 'a.yaml', routeText('a', `h${++writes}.example.com`));
      await sleep(5);
    }
    await follower.sees({ a: `h${writes}.example.com` });
    expect(follower.updates.length, 'each waits for 150 ms').toBeLessThanOrEqual(5);
    expect(follower.updates.length, 'none waits for the end').toBeGreaterThanOrEqual(3);
  });

  it('does not read a file that is half written', async () => {
    const root = makeFolder({ 'a.yaml': `${routeText('a')}---\n${routeText('b')}` });
    const follower = await follow(root, { quietMs: 150 });
    writeIn(root, 'a.yaml', '');
    await sleep(5);
    writeIn(root, 'a.yaml', routeText('a'));
    await sleep(5);
    writeIn(root, 'a.yaml', `${routeText('a', 'b.example.com')}---\n${routeText('b')}`);
    await follower.sees({ ...b, b: 'a.example.com' });
    expect(follower.updates).toHaveLength(2);
  });

  it('says nothing when a file is touched, and leaves the state alone when endpoints change', async () => {
    const root = makeFolder({ 'a.yaml': routeText('a'), 's.yaml': sliceText('s', '10.0.0.1') });
    const follower = await follow(root);
    utimesSync(join(root, 'a.yaml'), 1, 1);
    writeIn(root, 'a.yaml', routeText('a'));
    await sleep(60);
    expect(follower.updates).toHaveLength(1);
    writeIn(root, 's.yaml', sliceText('s', '10.0.0.2'));
    await expect.poll(() => follower.updates.length, { interval: 5 }).toBe(2);
    expect(follower.updates[1]!.state).toBe(follower.updates[0]!.state);
  });

  it('finds by looking again what no event tells', async () => {
    const root = makeFolder({ 'links/.keep': '' });
    const elsewhere = makeFolder({ 'a.yaml': routeText('a') });
    symlinkSync(join(elsewhere, 'a.yaml'), join(root, 'links/a.yaml'));
    const follower = await follow(root, { rescanMs: 30 });
    writeIn(elsewhere, 'a.yaml', routeText('a', 'b.example.com'));
    await follower.sees(b);
  });

  it('ends when told to', async () => {
    const root = makeFolder({ 'a.yaml': routeText('a') });
    const follower = await follow(root, { rescanMs: 20 });
    writeIn(root, 'a.yaml', routeText('a', 'b.example.com'));
    follower.stop();
    await sleep(80);
    expect(follower.updates).toHaveLength(1);
  });
});
