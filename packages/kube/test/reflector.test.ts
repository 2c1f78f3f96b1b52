import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReflectorTiming } from '../src/reflector.ts';
import { eventually } from './support/eventually.ts';
import { FakeApiServer, type FakeRequest, type Fault } from './support/fake-api-server.ts';
import { Followed, versionsOf } from './support/followed.ts';
import { service } from './support/objects.ts';

let server: FakeApiServer;
let followed: Followed | null;

beforeEach(async () => {
  server = new FakeApiServer();
  followed = null;
  await server.start();
  for (const name of ['a', 'b', 'c', 'd', 'e']) server.put('services', service(name));
});
afterEach(async () => {
  await followed?.stop();
  await server.stop();
});

async function follow(timing: Partial<ReflectorTiming> = {}): Promise<Followed> {
  followed = new Followed(server, timing).start();
  await sees(followed);
  return followed;
}

async function sees(which: Followed): Promise<void> {
  const sorted = (versions: ReadonlyMap<string, string>) => [...versions].sort();
  await eventually(() => expect(sorted(which.versions())).toEqual(sorted(versionsOf(server))));
}

const requests = (select: (request: FakeRequest) => boolean) => server.requests.filter(select);
const lists = () => requests(({ watch }) => !watch);
const streams = () => requests(({ query }) => query.has('sendInitialEvents'));

/** The next requests meet these faults, one each. */
function next(...faults: readonly Fault[]): void {
  const left = [...faults];
  server.fault = () => left.shift() ?? null;
}

describe('Reflector', () => {
  it('lists by a watch and follows it', async () => {
    const { reflector } = await follow();
    expect(lists()).toEqual([]);
    expect(server.requests).toHaveLength(1);
    const kept = reflector.objects.get('default/a');
    server.put('services', { ...service('b'), spec: { ports: [] } });
    server.remove('services', 'default/c');
    server.put('services', service('f'));
    await sees(followed!);
    expect(reflector.objects.get('default/a')).toBe(kept);
    expect(server.requests).toHaveLength(1);
  });

  it('lists in pages where the server can do no better, and does not ask again', async () => {
    server.streaming = false;
    const { states } = await follow({ pageSize: 2 });
    expect(lists().map(({ query }) => query.get('limit'))).toEqual(['2', '2', '2']);
    expect(streams()).toHaveLength(1);
    server.compact();
    for (const watch of server.watches) watch.cut(service('a'));
    server.put('services', service('f'));
    await sees(followed!);
    expect(streams()).toHaveLength(1);
    expect(states.every(({ is }) => is === 'live' || is === 'failing')).toBe(true);
  });

  it('reads everything once more when its place in a list is forgotten', async () => {
    server.streaming = false;
    let pages = 0;
    server.fault = ({ watch }) => {
      if (!watch && ++pages === 2) server.compact();
      return null;
    };
    await follow({ pageSize: 2 });
    expect(lists().map(({ query }) => query.get('limit'))).toEqual(['2', '2', null]);
  });

  it('asks for smaller pages when the server is too slow for large ones', async () => {
    server.streaming = false;
    server.fault = ({ query }) => (Number(query.get('limit')) > 100 ? { as: 'hang' } : null);
    await follow({ pageSize: 400 });
    expect(lists().map(({ query }) => query.get('limit'))).toEqual(['400', '100']);
  });

  it('goes on where it was after a watch is cut in the middle of a line', async () => {
    const { shown } = await follow();
    const before = shown.length;
    for (const watch of server.watches) watch.cut(service('a'));
    server.put('services', service('f'));
    await sees(followed!);
    expect(lists()).toEqual([]);
    expect(streams()).toHaveLength(1);
    expect(shown.length).toBe(before + 1);
  });

  it('renews a watch before it is old, from the last bookmark on', async () => {
    const first = await follow({ watchSeconds: 1 });
    server.put('endpointslices', { metadata: { name: 'x', namespace: 'default' } });
    await eventually(() => server.requests.length >= 3);
    expect(server.requests.at(-1)!.query.get('resourceVersion')).toBe(String(server.version));
    expect(first.states.map(({ is }) => is)).toEqual(['live']);
  });

  it('lists anew after 410, of the request or in the watch, and drops nothing meanwhile', async () => {
    const { reflector, shown } = await follow();
    const kept = reflector.objects.get('default/a');
    server.remove('services', 'default/b');
    await sees(followed!);
    server.compact();
    next({ as: 'cut' }, { as: 'slow', ms: 100 });
    for (const watch of server.watches) watch.send('ERROR', { kind: 'Status', code: 410, reason: 'Expired' });
    for (const watch of server.watches) watch.close();
    server.put('services', service('f'));
    await sees(followed!);
    expect(streams().length).toBeGreaterThanOrEqual(2);
    expect(Math.min(...shown.slice(5).map(({ size }) => size))).toBe(4);
    expect(reflector.objects.get('default/a')).toBe(kept);
  });

  it.each<[string, Fault]>([
    ['500', { as: 'status', status: 500 }],
    ['429', { as: 'status', status: 429 }],
    ['403', { as: 'status', status: 403, reason: 'Forbidden' }],
    ['504', { as: 'status', status: 504, reason: 'Timeout' }],
    ['400', { as: 'status', status: 400, reason: 'BadRequest' }],
    ['cut', { as: 'cut' }],
    ['no JSON', { as: 'noise', text: '<html>\n' }],
    ['no object', { as: 'noise', text: '{"type":"ADDED","object":{}}\n' }],
    ['an empty answer', { as: 'noise', text: '' }],
  ])('survives %s, at the start and later', async (_, fault) => {
    next(fault, fault);
    const { shown, states } = await follow();
    const before = shown.length;
    next(fault, fault, fault, fault, fault);
    for (const watch of server.watches) watch.close();
    server.put('services', service('f'));
    await sees(followed!);
    expect(shown.slice(before).every(({ size }) => size >= 5)).toBe(true);
    expect(states.some(({ is }) => is === 'failing')).toBe(true);
    expect(states.at(-1)).toEqual({ is: 'live' });
  });

  it('waits as long as the server asks for', async () => {
    next({ as: 'status', status: 429, retryAfter: '1' });
    const startMs = performance.now();
    await follow();
    expect(performance.now() - startMs).toBeGreaterThan(990);
  });

  it('notices a connection that is half dead', async () => {
    const { states } = await follow({ watchSeconds: 1 });
    for (const watch of server.watches) watch.silent = true;
    server.put('services', service('f'));
    await eventually(() => server.watches.size >= 1 && followed!.versions().size === 6);
    expect(states.filter(({ is }) => is === 'failing').length).toBeLessThanOrEqual(1);
  });

  it('notices that a list does not go on', async () => {
    next({ as: 'noise', text: '{"type":"ADDED","object":{"metadata":{"name":"z","resourceVersion":"1"}}}\n' });
    const { shown } = await follow();
    expect(shown.some((versions) => versions.has('z'))).toBe(false);
    next({ as: 'hang' });
    server.compact();
    for (const watch of server.watches) watch.close();
    server.put('services', service('f'));
    await sees(followed!);
  });

  it('lists anew when the server was restored from a backup', async () => {
    const { reflector } = await follow();
    server.restoreBackup(10);
    server.bookmark();
    server.put('services', service('f'));
    await sees(followed!);
    expect(reflector.objects.get('default/f')?.resourceVersion).toBe('11');
  });

  it('keeps everything while the server is away', async () => {
    const { reflector, states } = await follow();
    await server.stop();
    await eventually(() => states.at(-1)!.is === 'failing');
    expect(reflector.objects.size).toBe(5);
    await server.start();
    server.remove('services', 'default/a');
    await sees(followed!);
    expect(states.at(-1)).toEqual({ is: 'live' });
  });

  it('takes what a watch is refused for as no reason to drop anything, and says so', async () => {
    const { reflector, states } = await follow();
    server.forbidden.add('services');
    for (const watch of server.watches) watch.close();
    await eventually(() => states.at(-1)!.is === 'failing');
    expect(states.at(-1)).toMatchObject({ error: { status: 403, message: expect.stringContaining('forbidden') } });
    expect(reflector.objects.size).toBe(5);
    server.forbidden.clear();
    server.put('services', service('f'));
    await sees(followed!);
  });

  it('does not ask without pause when every watch is ended at once', async () => {
    await follow({ firstMs: 50, maxUnreachableMs: 400 });
    server.maxWatchMs = 0;
    for (const watch of server.watches) watch.close();
    const before = server.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(server.requests.length - before).toBeLessThan(12);
  });
});
