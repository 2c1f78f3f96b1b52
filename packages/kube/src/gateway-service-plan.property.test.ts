import type { Gateway, Service } from '@fairlead/resources';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { internalPorts, recordedPorts } from './gateway-ports.ts';
import { planServices, type ServiceManifest, type ServiceSettings } from './gateway-service-plan.ts';

const fleet = { namespace: 'fairlead-system', name: 'main', selector: { app: 'fairlead' } };
const settings: ServiceSettings = {
  fleet,
  clusterDomain: 'cluster.local',
  externalTrafficPolicy: 'Cluster',
  loadBalancerClass: null,
};

/** A cluster that does as it is told, one deed at a time. */
class World {
  readonly gateways = new Map<string, Gateway>();
  readonly services = new Map<string, Service>();
  #clock = 0;

  /** `most`: how far a leader comes before it dies. */
  reconcile(most: number = Number.POSITIVE_INFINITY): void {
    const { apply, remove } = planServices({ ...this, undecided: new Set() }, settings);
    const deeds = [...apply.map((one) => () => this.#apply(one)), ...remove.map((one) => () => this.#remove(one))];
    for (const deed of deeds.slice(0, most)) deed();
  }

  get ports(): Readonly<Record<string, readonly (readonly [number, number])[]>> {
    return Object.fromEntries(
      [...recordedPorts(this.services.values(), fleet)].map(([key, ports]) => [key, [...ports]] as const).sort(),
    );
  }

  #apply(manifest: ServiceManifest): void {
    const key = `${manifest.metadata.namespace}/${manifest.metadata.name}`;
    const created = this.services.get(key)?.metadata.creationTimestamp ?? String(1_000 + this.#clock++);
    this.services.set(key, { ...manifest, metadata: { ...manifest.metadata, uid: key, creationTimestamp: created } });
  }

  #remove({ metadata }: Service): void {
    this.services.delete(`${metadata.namespace}/${metadata.name}`);
  }
}

function gateway(key: string, ports: readonly number[]): Gateway {
  const [namespace = '', name = ''] = key.split('/');
  const listeners = ports.map((port) => ({ name: `p${port}`, port, protocol: 'HTTP' }));
  const metadata = { namespace, name, uid: `uid-${key}` };
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata,
    spec: { gatewayClassName: 'c', listeners },
  };
}

const keys = ['a/web', 'a/web.x', 'a/web-x', 'b/web', `b/${'n'.repeat(253)}`, `b/${'n'.repeat(252)}m`];
const event = fc.record({
  key: fc.constantFrom(...keys),
  /** None: the Gateway is deleted. */
  ports: fc.uniqueArray(fc.constantFrom(80, 443, 8080, 20_000), { maxLength: 3 }),
  most: fc.constantFrom(0, 1, 2, 3, Number.POSITIVE_INFINITY),
});

function play(world: World, { key, ports, most }: { key: string; ports: readonly number[]; most: number }): void {
  if (ports.length === 0) world.gateways.delete(key);
  else world.gateways.set(key, gateway(key, ports));
  world.reconcile(most);
}

describe('planServices', () => {
  it('maps every port to one of its own, keeps it, and frees all with the Gateway, wherever leaders stop', () => {
    const property = fc.property(fc.array(event, { maxLength: 25 }), (events) => {
      const world = new World();
      for (const one of events) {
        const before = recordedPorts(world.services.values(), fleet);
        play(world, one);
        const now = recordedPorts(world.services.values(), fleet);
        const internal = [...now.values()].flatMap((ports) => [...ports.values()]);
        expect(new Set(internal).size).toBe(internal.length);
        for (const port of internal) expect(port).toBeGreaterThanOrEqual(internalPorts.first);
        for (const port of internal) expect(port).toBeLessThanOrEqual(internalPorts.last);
        for (const [key, ports] of now) {
          for (const [port, bindPort] of ports) expect(before.get(key)?.get(port) ?? bindPort).toBe(bindPort);
        }
      }
      world.reconcile();
      const ports = recordedPorts(world.services.values(), fleet);
      expect([...ports.keys()].sort()).toEqual([...world.gateways.keys()].sort());
      for (const [key, { spec }] of world.gateways) {
        const listened = spec.listeners.map(({ port }) => port).sort((a, b) => a - b);
        expect([...ports.get(key)!.keys()]).toEqual(listened);
      }
      expect(world.services.size).toBe(world.gateways.size * 2);
      world.gateways.clear();
      world.reconcile();
      expect(world.services.size).toBe(0);
    });
    fc.assert(property, { seed: 3, numRuns: 150 });
  });

  it('has nothing to do after it was done, so that two leaders in a row agree', () => {
    const property = fc.property(fc.array(event, { maxLength: 15 }), (events) => {
      const world = new World();
      for (const one of events) play(world, one);
      world.reconcile();
      const again = planServices({ ...world, undecided: new Set() }, settings);
      expect(again).toEqual({ apply: [], remove: [], problems: [] });
    });
    fc.assert(property, { seed: 5, numRuns: 100 });
  });

  it('depends on no order: neither of Gateways in the plan nor, as long as none share a place, of their events', () => {
    const some = keys.slice(0, 4);
    const property = fc.property(fc.shuffledSubarray(some, { minLength: some.length }), (order) => {
      const [one, other, atOnce] = [new World(), new World(), new World()];
      for (const key of some) play(one, { key, ports: [80, 443], most: 9 });
      for (const key of order) play(other, { key, ports: [443, 80], most: 9 });
      for (const key of order) atOnce.gateways.set(key, gateway(key, [80, 443]));
      atOnce.reconcile();
      expect(other.ports).toEqual(one.ports);
      expect(atOnce.ports).toEqual(one.ports);
    });
    fc.assert(property, { seed: 7, numRuns: 50 });
  });
});
