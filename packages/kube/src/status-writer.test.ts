import type { Condition, GatewayStatus, RouteStatus } from '@fairlead/resources';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { controllerName } from '../test/support/objects.ts';
import { StatusWorld, wanted } from '../test/support/status-world.ts';
import { KubeApiError } from './kube-error.ts';

let world: StatusWorld;

beforeEach(() => {
  world = new StatusWorld();
});
afterEach(() => world.stop());

function condition(type: string, observedGeneration: number, more: Partial<Condition> = {}): Condition {
  return { type, status: 'True', reason: type, message: 'is so', observedGeneration, ...more };
}

function gatewayStatus(generation: number, attachedRoutes: number = 0, more: Partial<Condition> = {}): GatewayStatus {
  return {
    addresses: [{ type: 'IPAddress', value: '192.0.2.1' }],
    conditions: [condition('Accepted', generation), condition('Programmed', generation, more)],
    listeners: [
      {
        name: 'http',
        supportedKinds: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute' }],
        attachedRoutes,
        conditions: [condition('Accepted', generation), condition('Programmed', generation)],
      },
    ],
  };
}

function routeStatus(generation: number, gateways: readonly string[] = ['web']): RouteStatus {
  return {
    parents: gateways.map((name) => ({
      parentRef: { name },
      controllerName,
      conditions: [condition('Accepted', generation), condition('ResolvedRefs', generation)],
    })),
  };
}

const gateways = (status: GatewayStatus): Parameters<typeof wanted>[0] => ({
  gateways: new Map([['default/web', status]]),
});
const routes = (status: RouteStatus): Parameters<typeof wanted>[0] => ({
  httpRoutes: new Map([['default/shop', status]]),
});

const foreign = { ...condition('example.com/Audited', 7), lastTransitionTime: '2025-01-01T00:00:00Z', extra: 'field' };
const foreignParent = {
  parentRef: { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'other' },
  controllerName: 'example.com/other',
  conditions: [foreign],
};

describe('a status', () => {
  it('is written once, with all its conditions, and not again when it says the same', async () => {
    world.put('Gateway', 'default/web');
    const writer = world.join();
    writer.want(wanted(gateways(gatewayStatus(1))));
    await world.clock.pass(100);
    expect(world.writes).toHaveLength(1);
    expect(world.status('Gateway', 'default/web')).toMatchObject({
      conditions: [
        { type: 'Accepted', observedGeneration: 1, lastTransitionTime: '2026-01-01T00:00:00Z' },
        { type: 'Programmed' },
      ],
      listeners: [{ name: 'http', conditions: [{ type: 'Accepted' }, { type: 'Programmed' }] }],
    });
    writer.want(wanted(gateways(gatewayStatus(1))));
    writer.noteObserved();
    await world.clock.pass(60_000);
    expect(world.writes).toHaveLength(1);
  });

  it('names only the fields that change', async () => {
    world.put('Gateway', 'default/web');
    const writer = world.join();
    writer.want(wanted(gateways(gatewayStatus(1))));
    await world.clock.pass(100);
    writer.want(wanted(gateways(gatewayStatus(1, 5))));
    await world.clock.pass(1_000);
    expect(Object.keys(world.writes[1]!.status)).toEqual(['listeners']);
  });

  it('keeps the time of a transition until the status changes', async () => {
    world.put('Gateway', 'default/web');
    const writer = world.join();
    writer.want(wanted(gateways(gatewayStatus(1))));
    await world.clock.pass(10_000);
    world.put('Gateway', 'default/web');
    writer.want(wanted(gateways(gatewayStatus(2, 0, { status: 'False', reason: 'Pending' }))));
    await world.clock.pass(10_000);
    expect(world.status('Gateway', 'default/web').conditions).toMatchObject([
      { type: 'Accepted', observedGeneration: 2, lastTransitionTime: '2026-01-01T00:00:00Z' },
      { type: 'Programmed', observedGeneration: 2, lastTransitionTime: '2026-01-01T00:00:10Z' },
    ]);
  });

  it('waits for the compile of the generation that is there', async () => {
    world.put('Gateway', 'default/web');
    world.put('Gateway', 'default/web');
    const writer = world.join();
    writer.want(wanted(gateways(gatewayStatus(1))));
    await world.clock.pass(1_000);
    expect(world.writes).toEqual([]);
    writer.want(wanted(gateways(gatewayStatus(2))));
    await world.clock.pass(100);
    expect(world.writes).toHaveLength(1);
  });
});

describe('what others wrote', () => {
  it('stays in the conditions of a Gateway and its listeners, through a new generation too', async () => {
    world.put('Gateway', 'default/web');
    const writer = world.join();
    writer.want(wanted(gateways(gatewayStatus(1))));
    await world.clock.pass(100);
    world.edit('Gateway', 'default/web', (status) => {
      const { conditions, listeners } = status as unknown as GatewayStatus;
      const [listener] = listeners;
      const noted = { ...listener!, conditions: [foreign, ...listener!.conditions] };
      return { ...status, conditions: [foreign, ...conditions], listeners: [noted] };
    });
    world.put('Gateway', 'default/web');
    writer.want(wanted(gateways(gatewayStatus(2))));
    await world.clock.pass(5_000);
    const { conditions, listeners } = world.status('Gateway', 'default/web') as unknown as GatewayStatus;
    expect(conditions[0]).toEqual(foreign);
    expect(conditions.slice(1)).toMatchObject([{ observedGeneration: 2 }, { observedGeneration: 2 }]);
    expect(listeners[0]!.conditions[0]).toEqual(foreign);
    expect(listeners[0]!.conditions).toHaveLength(3);
  });

  it('never crowds out ours: eight conditions are all there may be', async () => {
    const crowd = Array.from({ length: 8 }, (_, i) => ({ ...foreign, type: `example.com/${i}` }));
    world.put('Gateway', 'default/web', { conditions: crowd });
    world.join().want(wanted(gateways(gatewayStatus(1))));
    await world.clock.pass(100);
    const { conditions } = world.status('Gateway', 'default/web') as unknown as GatewayStatus;
    expect(conditions.map(({ type }) => type).slice(5)).toEqual(['example.com/5', 'Accepted', 'Programmed']);
    expect(conditions).toHaveLength(8);
  });

  it('stays among the parents of a route, in its place, while ours come and go', async () => {
    world.put('HTTPRoute', 'default/shop', { parents: [foreignParent] });
    const writer = world.join();
    writer.want(wanted(routes(routeStatus(1, ['web', 'inner']))));
    await world.clock.pass(100);
    expect(names()).toEqual(['other', 'web', 'inner']);
    world.edit('HTTPRoute', 'default/shop', ({ parents }) => ({ parents: [...(parents as object[])].reverse() }));
    await world.clock.pass(5_000);
    expect(world.writes, 'the order is not ours to decide').toHaveLength(1);
    writer.want(wanted(routes(routeStatus(1, ['web']))));
    await world.clock.pass(2_000);
    expect(names()).toEqual(['web', 'other']);
    writer.want(wanted({}));
    await world.clock.pass(2_000);
    expect(world.status('HTTPRoute', 'default/shop')).toEqual({ parents: [foreignParent] });
    await world.clock.pass(60_000);
    expect(world.writes).toHaveLength(3);
  });

  it('takes its share of the 32 parents', async () => {
    const parents = Array.from({ length: 30 }, () => foreignParent);
    world.put('HTTPRoute', 'default/shop', { parents });
    world.join().want(wanted(routes(routeStatus(1, ['a', 'b', 'c']))));
    await world.clock.pass(100);
    expect(names().slice(30)).toEqual(['a', 'b']);
  });

  function names(): readonly string[] {
    const { parents } = world.status('HTTPRoute', 'default/shop') as unknown as RouteStatus;
    return parents.map(({ parentRef }) => parentRef.name);
  }
});

describe('the writer', () => {
  it('recognises a parentRef with the defaults of the server', async () => {
    world.put('HTTPRoute', 'default/shop');
    const writer = world.join();
    writer.want(wanted(routes(routeStatus(1))));
    await world.clock.pass(100);
    const ref = { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'web', namespace: 'default' };
    const status = routeStatus(1);
    writer.want(wanted(routes({ parents: [{ ...status.parents[0]!, parentRef: ref }] })));
    await world.clock.pass(2_000);
    expect(world.status('HTTPRoute', 'default/shop').parents).toHaveLength(1);
  });

  it('tries again, on top of it, when somebody else was faster', async () => {
    world.put('HTTPRoute', 'default/shop');
    const writer = world.join();
    writer.want(wanted(routes(routeStatus(1))));
    await world.clock.pass(5);
    world.edit('HTTPRoute', 'default/shop', () => ({ parents: [foreignParent] }));
    await world.clock.pass(1_000);
    expect(writer.counts.conflicts).toBe(1);
    expect(world.status('HTTPRoute', 'default/shop').parents).toMatchObject([
      { controllerName: 'example.com/other' },
      { controllerName },
    ]);
  });

  it('does so while its watch is silent', async () => {
    world.put('HTTPRoute', 'default/shop');
    const writer = world.join();
    await world.clock.pass(50);
    world.watchStopsUntilMs = 30_000;
    world.edit('HTTPRoute', 'default/shop', () => ({ parents: [foreignParent] }));
    writer.want(wanted(routes(routeStatus(1))));
    await world.clock.pass(1_000);
    expect(world.status('HTTPRoute', 'default/shop').parents).toHaveLength(2);
    writer.want(wanted(routes(routeStatus(1, ['web', 'inner']))));
    await world.clock.pass(2_000);
    expect(world.status('HTTPRoute', 'default/shop').parents).toHaveLength(3);
    expect(writer.counts.conflicts).toBe(1);
  });

  it('writes the newest of several wishes, and Gateways first', async () => {
    world.put('Gateway', 'default/web');
    for (let i = 0; i < 200; i++) world.put('HTTPRoute', `default/r${i}`);
    await world.clock.pass(50);
    const writer = world.join(undefined, { burst: 10, writesPerSecond: 20 });
    const httpRoutes = new Map(Array.from({ length: 200 }, (_, i) => [`default/r${i}`, routeStatus(1)]));
    writer.want(wanted({ httpRoutes }));
    await world.clock.pass(1_000);
    for (let count = 1; count <= 20; count++) {
      writer.want(wanted({ httpRoutes, ...gateways(gatewayStatus(1, count)) }));
      await world.clock.pass(5);
    }
    await world.clock.pass(1_000);
    expect(world.status('Gateway', 'default/web')).toMatchObject({ listeners: [{ attachedRoutes: 20 }] });
    expect(world.writesOf('gateways').length).toBeLessThanOrEqual(2);
    expect(world.writes.length).toBeLessThan(70);
    await world.clock.pass(10_000);
    expect(world.writesOf('httproutes')).toHaveLength(200);
  });

  it('leaves it to the leader, and as a new leader writes only what differs', async () => {
    world.put('Gateway', 'default/web');
    for (let i = 0; i < 50; i++) world.put('HTTPRoute', `default/r${i}`);
    let leader = 0;
    const writers = [0, 1].map((who) => world.join(() => leader === who));
    const httpRoutes = new Map(Array.from({ length: 50 }, (_, i) => [`default/r${i}`, routeStatus(1)]));
    for (const writer of writers)
      writer.want(wanted({ httpRoutes: new Map(httpRoutes), ...gateways(gatewayStatus(1)) }));
    await world.clock.pass(3_000);
    expect(world.writes).toHaveLength(51);
    expect(writers[1]!.counts.written).toBe(0);
    leader = 1;
    for (const writer of writers) writer.noteObserved();
    await world.clock.pass(60_000);
    expect(world.writes, 'nothing differs').toHaveLength(51);
    const changed = new Map(httpRoutes).set('default/r7', routeStatus(1, ['inner']));
    for (const writer of writers) writer.want(wanted({ httpRoutes: changed, ...gateways(gatewayStatus(1)) }));
    await world.clock.pass(1_000);
    expect(world.writes).toHaveLength(52);
    expect(writers[1]!.counts.written).toBe(1);
  });
});

describe('a server that does not take it', () => {
  it('is given time, and then everything', async () => {
    for (let i = 0; i < 20; i++) world.put('HTTPRoute', `default/r${i}`);
    const writer = world.join();
    await world.clock.pass(50);
    let calls = 0;
    world.fault = () => {
      calls++;
      return world.clock.nowMs() < 20_000 ? new KubeApiError(429, 'TooManyRequests', 'slow down', 1_000) : null;
    };
    const httpRoutes = new Map(Array.from({ length: 20 }, (_, i) => [`default/r${i}`, routeStatus(1)]));
    writer.want(wanted({ httpRoutes }));
    await world.clock.pass(20_000);
    expect(calls).toBeLessThan(40);
    await world.clock.pass(40_000);
    expect(world.writes).toHaveLength(20);
    expect(world.said).toEqual(['a status could not be written; trying again']);
  });

  it('is told once of a status that it does not accept', async () => {
    world.put('HTTPRoute', 'default/shop');
    const writer = world.join();
    world.fault = () => new KubeApiError(422, 'Invalid', 'status.parents: too long');
    writer.want(wanted(routes(routeStatus(1))));
    await world.clock.pass(120_000);
    expect(world.said).toEqual(['the server does not accept a status']);
    expect(writer.counts.failed).toBe(1);
  });

  it('may forbid one kind without harm to the others', async () => {
    world.put('Gateway', 'default/web');
    for (let i = 0; i < 20; i++) world.put('HTTPRoute', `default/r${i}`);
    const writer = world.join();
    await world.clock.pass(50);
    let isForbidden = true;
    world.fault = (path) =>
      isForbidden && path.includes('httproutes') ? new KubeApiError(403, 'Forbidden', 'httproutes/status') : null;
    const httpRoutes = new Map(Array.from({ length: 20 }, (_, i) => [`default/r${i}`, routeStatus(1)]));
    writer.want(wanted({ httpRoutes, ...gateways(gatewayStatus(1)) }));
    await world.clock.pass(29_000);
    expect(world.writes).toHaveLength(1);
    expect(writer.counts.failed).toBeLessThanOrEqual(4);
    expect(world.said).toEqual(['no right to write the statuses of a kind']);
    isForbidden = false;
    await world.clock.pass(60_000);
    expect(world.writes).toHaveLength(21);
  });

  it('does not know an object any more: then there is nothing to do', async () => {
    world.put('HTTPRoute', 'default/shop');
    const writer = world.join();
    world.fault = () => new KubeApiError(404, 'NotFound', 'not found');
    writer.want(wanted(routes(routeStatus(1))));
    await world.clock.pass(60_000);
    expect(world.said).toEqual([]);
    expect(writer.counts.failed).toBe(0);
  });
});

describe('a thousand routes', () => {
  it('cost a Gateway at most 50 writes, and are counted right within 2 s', async () => {
    world.put('Gateway', 'default/web');
    await world.clock.pass(50);
    const writer = world.join();
    let httpRoutes = new Map<string, RouteStatus>();
    for (let i = 0; i < 1_000; i++) {
      world.put('HTTPRoute', `default/r${i}`);
      await world.clock.pass(30);
      httpRoutes = new Map(httpRoutes).set(`default/r${i}`, routeStatus(1));
      writer.want(wanted({ httpRoutes, ...gateways(gatewayStatus(1, i + 1)) }));
    }
    await world.clock.pass(1_900);
    expect(world.status('Gateway', 'default/web')).toMatchObject({ listeners: [{ attachedRoutes: 1_000 }] });
    expect(world.writesOf('gateways').length).toBeLessThanOrEqual(50);
    expect(world.writesOf('httproutes')).toHaveLength(1_000);
    expect(writer.counts.conflicts).toBe(0);
  });
});
