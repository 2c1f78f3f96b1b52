import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { FakeApiServer, type Fault } from './support/fake-api-server.ts';
import { gateway, gatewayClass, httpRoute, httpsListener, secret } from './support/objects.ts';
import { Stored } from './support/stored.ts';

const numRuns = Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 0) || 15;

type Step = (server: FakeApiServer, faults: Fault[]) => void | Promise<void>;

const secretName = fc.constantFrom('s0', 's1', 's2');
const namespace = fc.constantFrom('default', 'certs');
const status = fc.constantFrom(403, 410, 429, 500, 504);

const grant = {
  metadata: { name: 'grant', namespace: 'certs' },
  spec: {
    from: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace: 'default' }],
    to: [{ group: '', kind: 'Secret' }],
  },
};

const names = fc.array(fc.tuple(secretName, namespace), { maxLength: 3 });

const step: fc.Arbitrary<Step> = fc.oneof(
  names.map(
    (refs): Step =>
      (server) =>
        void server.put('gateways', gatewayNaming(refs)),
  ),
  fc.tuple(secretName, namespace).map(
    ([name, inside]): Step =>
      (server) =>
        void server.put('secrets', secret(name, inside)),
  ),
  fc.tuple(secretName, namespace).map(
    ([name, inside]): Step =>
      (server) =>
        void server.remove('secrets', `${inside}/${name}`),
  ),
  fc.boolean().map(
    (there): Step =>
      (server) =>
        void (there ? server.put('referencegrants', grant) : server.remove('referencegrants', 'certs/grant')),
  ),
  fc.nat(5).map(
    (n): Step =>
      (server) =>
        void server.put('httproutes', httpRoute(`r${n}`)),
  ),
  fc.array(status, { maxLength: 6 }).map(
    (list): Step =>
      (_, faults) =>
        void faults.push(...list.map((one) => ({ as: 'status' as const, status: one }))),
  ),
  fc.constant<Step>((server) => {
    server.compact();
    for (const watch of server.watches) watch.cut(secret('x'));
  }),
  fc.nat(10).map(
    (ms): Step =>
      () =>
        sleep(ms),
  ),
);

function gatewayNaming(refs: readonly (readonly [name: string, namespace: string])[]): ReturnType<typeof gateway> {
  return gateway(
    'web',
    refs.length === 0
      ? undefined
      : refs.map(([name, inside], i) => ({ ...httpsListener(name, inside), name: `l${i}`, port: 443 + i })),
  );
}

/** What should be known of Secrets, from what the server holds. */
function wanted(server: FakeApiServer): readonly string[] {
  const listeners = (server.collection('gateways').get('default/web')?.spec as Spec | undefined)?.listeners ?? [];
  const refs = listeners.flatMap(({ tls }) => tls?.certificateRefs ?? []);
  const permitted = server.collection('referencegrants').get('certs/grant') !== undefined;
  const keys = refs
    .filter((ref) => ref.namespace === 'default' || permitted)
    .map((ref) => `${ref.namespace}/${ref.name}`);
  return [...new Set(keys)].filter((key) => server.collection('secrets').get(key) !== undefined).sort();
}

interface Spec {
  readonly listeners: readonly {
    readonly tls?: { readonly certificateRefs: readonly { readonly name: string; readonly namespace: string }[] };
  }[];
}

describe('ClusterStore', () => {
  it('ends with the Secrets that are named, permitted and there, and with every route, whatever happens', async () => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const server = new FakeApiServer();
      const faults: Fault[] = [];
      server.fault = () => faults.shift() ?? null;
      server.put('gatewayclasses', gatewayClass());
      await server.start();
      const stored = new Stored(server).start();
      try {
        for (const run of steps) await run(server, faults);
        faults.length = 0;
        await eventually(() => {
          const { state } = stored.snapshot;
          expect([...state.secrets.keys()].sort()).toEqual(wanted(server));
          expect([...state.httpRoutes.keys()].sort()).toEqual([...server.collection('httproutes').objects.keys()]);
          expect(stored.complete).toBe(true);
        });
      } finally {
        stored.stop();
        await server.stop();
      }
    });
    await fc.assert(property, { seed: 3, numRuns });
  }, 60_000);
});
