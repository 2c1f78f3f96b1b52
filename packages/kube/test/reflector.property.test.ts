import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { FakeApiServer, type Fault } from './support/fake-api-server.ts';
import { Followed, versionsOf } from './support/followed.ts';
import { service } from './support/objects.ts';

const numRuns = Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 0) || 40;

/** Written at the start, edited now and then, never removed. */
const anchors = ['anchor-0', 'anchor-1', 'anchor-2'];

const fault = fc.oneof(
  fc.record({
    as: fc.constant('status' as const),
    status: fc.constantFrom(400, 401, 403, 404, 410, 422, 429, 500, 504),
  }),
  fc.constant({ as: 'cut' as const }),
  fc.constant({ as: 'noise' as const, text: '{"type":"ADDED","obj' }),
  fc.record({ as: fc.constant('slow' as const), ms: fc.nat(30) }),
);

const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');

type Step = (server: FakeApiServer, faults: Fault[]) => void | Promise<void>;

const step: fc.Arbitrary<readonly [string, Step]> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(name, fc.nat(9)).map(([one, n]) => put(one, n)) },
  {
    weight: 3,
    arbitrary: name.map((one) => does(`remove ${one}`, (s) => void s.remove('services', `default/${one}`))),
  },
  { weight: 1, arbitrary: fc.constantFrom(...anchors).chain((one) => fc.nat(9).map((n) => put(one, n))) },
  {
    weight: 3,
    arbitrary: fc
      .array(fault, { maxLength: 4 })
      .map((list) => does(`meets ${JSON.stringify(list)}`, (_, faults) => void faults.push(...list))),
  },
  { weight: 2, arbitrary: fc.constant(does('cut', (s) => eachWatch(s, (watch) => watch.cut(service('a'))))) },
  { weight: 2, arbitrary: fc.constant(does('close', (s) => eachWatch(s, (watch) => watch.close()))) },
  {
    weight: 1,
    arbitrary: fc.constant(
      does('silent', (s) =>
        eachWatch(s, (watch) => {
          watch.silent = true;
        }),
      ),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constant(
      does('gone', (s) => eachWatch(s, (watch) => watch.send('ERROR', { code: 410, reason: 'Expired' }))),
    ),
  },
  { weight: 2, arbitrary: fc.constant(does('compact', (s) => s.compact())) },
  { weight: 1, arbitrary: fc.constant(does('bookmark', (s) => s.bookmark())) },
  {
    weight: 1,
    arbitrary: fc.boolean().map((on) =>
      does(`streaming ${on}`, (s) => {
        s.streaming = on;
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.nat(20).map((ms) =>
      does(`away for ${ms} ms`, async (s) => {
        await s.stop();
        await sleep(ms);
        await s.start();
      }),
    ),
  },
  { weight: 4, arbitrary: fc.nat(8).map((ms) => does(`${ms} ms`, () => sleep(ms))) },
);

function does(words: string, run: Step): readonly [string, Step] {
  return [words, run];
}

function put(one: string, n: number): readonly [string, Step] {
  return does(`put ${one} ${n}`, (server) => void server.put('services', { ...service(one), spec: { n } }));
}

function eachWatch(
  server: FakeApiServer,
  act: (watch: FakeApiServer['watches'] extends Set<infer W> ? W : never) => void,
): void {
  for (const watch of server.watches) act(watch);
}

describe('Reflector', () => {
  it('ends equal to the server, never shows what was not there, and loses nothing, whatever happens', async () => {
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      fc.nat(5),
      async (steps, pageSize) => {
        const server = new FakeApiServer();
        const existed = new Set<string>();
        server
          .collection('services')
          .listen(({ key, object }) => existed.add(`${key} ${object.metadata.resourceVersion}`));
        for (const one of anchors) server.put('services', service(one));
        await server.start();
        const faults: Fault[] = [];
        server.fault = () => faults.shift() ?? null;
        const followed = new Followed(server, { watchSeconds: 1, graceMs: 50, pageSize: pageSize + 1 }).start();
        try {
          for (const [, run] of steps) await run(server, faults);
          faults.length = 0;
          for (const watch of server.watches) if (watch.silent) watch.cut(service('a'));
          const sorted = (versions: ReadonlyMap<string, string>) => [...versions].sort();
          await eventually(() => expect(sorted(followed.versions())).toEqual(sorted(versionsOf(server))), 3_000);
          check(followed.shown, existed);
        } finally {
          await followed.stop();
          await server.stop();
        }
      },
    );
    await fc.assert(property, { seed: 5, numRuns });
  }, 60_000);
});

function check(shown: readonly ReadonlyMap<string, string>[], existed: ReadonlySet<string>): void {
  let began = false;
  for (const versions of shown) {
    for (const [key, version] of versions) expect(existed).toContain(`${key} ${version}`);
    began ||= anchors.every((one) => versions.has(`default/${one}`));
    if (began) expect([...versions.keys()]).toEqual(expect.arrayContaining(anchors.map((one) => `default/${one}`)));
  }
}
