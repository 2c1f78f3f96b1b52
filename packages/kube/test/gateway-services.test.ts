import type { Gateway, Service } from '@fairlead/resources';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordedPorts } from '../src/gateway-ports.ts';
import { serviceKey } from '../src/gateway-service-names.ts';
import { GatewayServices } from '../src/gateway-services.ts';
import { KubeApi } from '../src/kube-api.ts';
import { eventually } from './support/eventually.ts';
import { FakeApiServer, type FakeObject } from './support/fake-api-server.ts';
import { gateway, service } from './support/objects.ts';

const fleet = { namespace: 'fairlead-system', name: 'main', selector: { app: 'fairlead' } };

let server: FakeApiServer;
let stop: AbortController;
let said: string[];

beforeEach(async () => {
  server = new FakeApiServer();
  stop = new AbortController();
  said = [];
  await server.start();
  server.put('services', service('shop'));
});
afterEach(async () => {
  stop.abort();
  await server.stop();
});

/** A replica that sees the Gateways at once, and of Services only what it is shown. */
class Replica {
  leads = true;
  readonly #services: GatewayServices;

  constructor() {
    const say = (_: object, message: string): void => void said.push(message);
    this.#services = new GatewayServices({
      api: new KubeApi(server.access(), { userAgent: 'test', timeoutMs: 1_000 }),
      settings: { fleet, clusterDomain: 'cluster.local', externalTrafficPolicy: 'Cluster', loadBalancerClass: null },
      isLeader: () => this.leads,
      log: { info: say, warn: say, error: say },
      random: () => 0,
    });
    void this.#services.run(stop.signal);
  }

  look(services: ReadonlyMap<string, FakeObject> = server.collection('services').objects): void {
    this.#services.update({
      gateways: server.collection('gateways').objects as unknown as ReadonlyMap<string, Gateway>,
      services: services as unknown as ReadonlyMap<string, Service>,
      undecided: new Set(),
    });
  }
}

const serviceOf = (name: string): FakeObject | undefined =>
  server.collection('services').get(serviceKey('gateway', `default/${name}`, fleet));
const aliasOf = (name: string): FakeObject | undefined =>
  server.collection('services').get(serviceKey('alias', `default/${name}`, fleet));
const writes = (): number => server.requests.filter(({ method }) => method !== 'GET').length;

describe('GatewayServices', () => {
  it('makes the Services of a Gateway, and deletes them with it', async () => {
    server.put('gateways', gateway('web'));
    const replica = new Replica();
    replica.look();
    await eventually(() => aliasOf('web') !== undefined);
    expect(serviceOf('web')!.spec).toMatchObject({ type: 'LoadBalancer', selector: fleet.selector });
    server.remove('gateways', 'default/web');
    replica.look();
    await eventually(() => server.collection('services').objects.size === 1);
    expect([...server.collection('services').objects.keys()]).toEqual(['default/shop']);
  });

  it('does nothing while it does not lead, and all of it when it does', async () => {
    server.put('gateways', gateway('web'));
    const replica = new Replica();
    replica.leads = false;
    replica.look();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.requests).toEqual([]);
    replica.leads = true;
    replica.look();
    await eventually(() => aliasOf('web') !== undefined);
  });

  it('goes on where a dead leader stopped, whose last deeds its watch has not shown yet', async () => {
    const before = server.collection('services').objects;
    server.put('gateways', gateway('web'));
    server.put('gateways', gateway('second'));
    const first = new Replica();
    let applied = 0;
    server.fault = ({ method }) => {
      if (method === 'PATCH' && ++applied === 2) first.leads = false;
      return null;
    };
    first.look();
    await eventually(() => applied === 2);
    const ports = serviceOf('second')!.spec;
    const heir = new Replica();
    heir.look(before);
    await eventually(() => aliasOf('web') !== undefined && aliasOf('second') !== undefined);
    expect(serviceOf('second')!.spec).toEqual(ports);
    // Both of the first leader's writes stand; each of the other two Services was written once.
    expect(applied).toBe(4);
    const maps = recordedPorts(server.collection('services').objects.values() as unknown as Iterable<Service>, fleet);
    expect(maps.size).toBe(2);
  });

  it('never fights another leader', async () => {
    server.put('gateways', gateway('web'));
    const [one, other] = [new Replica(), new Replica()];
    other.leads = false;
    one.look();
    await eventually(() => aliasOf('web') !== undefined);
    const count = writes();
    for (let i = 0; i < 6; i++) {
      [one.leads, other.leads] = [other.leads, one.leads];
      one.look();
      other.look();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(writes()).toBe(count);
  });

  it('gets over failures, and does what it can meanwhile', async () => {
    server.put('gateways', gateway('bad'));
    server.put('gateways', gateway('web'));
    let isBroken = true;
    server.fault = ({ method, path }) =>
      isBroken && method === 'PATCH' && path.includes('-bad-') ? { as: 'status', status: 422 } : null;
    const replica = new Replica();
    replica.look();
    await eventually(() => aliasOf('web') !== undefined);
    expect(serviceOf('bad')).toBeUndefined();
    expect(said).toContain('the Services of Gateways could not be kept; trying again');
    isBroken = false;
    await eventually(() => aliasOf('bad') !== undefined);
  });
});
