import { setTimeout as sleep } from 'node:timers/promises';
import { KubeApi } from '@fairlead/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../../packages/kube/test/support/eventually.ts';
import { FakeApiServer } from '../../../../packages/kube/test/support/fake-api-server.ts';
import * as objects from '../../../../packages/kube/test/support/objects.ts';
import { KubeSource, type KubeSourceTiming } from '../../src/control/source/kube-source.ts';
import type { SourceUpdate } from '../../src/control/source/source-update.ts';

let server: FakeApiServer;
let stop: AbortController;
let updates: SourceUpdate[];

beforeEach(async () => {
  server = new FakeApiServer();
  stop = new AbortController();
  updates = [];
  await server.start();
  server.put('gatewayclasses', objects.gatewayClass());
  server.put('services', objects.service('shop'));
  server.put('endpointslices', objects.slice('shop-1', 'shop', ['10.0.0.1']));
});
afterEach(async () => {
  stop.abort();
  await server.stop();
});

function start(timing: Partial<KubeSourceTiming> = {}): KubeSource {
  const say = (): void => {};
  const source = new KubeSource({
    api: new KubeApi(server.access(), { userAgent: 'test' }),
    controllerName: objects.controllerName,
    log: { info: say, warn: say, error: say },
    onUpdate: (update) => updates.push(update),
    timing,
  });
  source.start(stop.signal);
  return source;
}

async function startAndSettle(timing: Partial<KubeSourceTiming> = {}): Promise<void> {
  start(timing);
  await eventually(() => updates.length > 0);
  await sleep(250);
  updates.length = 0;
}

const last = (): SourceUpdate => updates.at(-1)!;

describe('KubeSource', () => {
  it('says nothing until it knows everything, with the Secrets that are named', async () => {
    server.put('gateways', objects.gateway('web', [objects.httpsListener('cert')]));
    server.put('secrets', objects.secret('cert'));
    for (let i = 0; i < 50; i++) server.put('httproutes', objects.httpRoute(`r${i}`));
    server.fault = ({ path }) => (/httproutes|secrets/.test(path) ? { as: 'slow', ms: 100 } : null);
    const source = start();
    await eventually(() => source.waitingFor.length === 1);
    expect(source.waitingFor).toEqual(['HTTPRoute']);
    await eventually(() => updates.length > 0);
    const { state, slices, problems } = updates[0]!;
    expect([state.gateways.size, state.httpRoutes.size, state.secrets.size, slices.size]).toEqual([1, 50, 1, 1]);
    expect(problems).toEqual([]);
    expect(source.waitingFor).toEqual([]);
  });

  it('passes a lone change on within milliseconds, and gathers a burst', async () => {
    await startAndSettle();
    const startMs = performance.now();
    server.put('httproutes', objects.httpRoute('lone'));
    await eventually(() => updates.length > 0);
    expect(performance.now() - startMs).toBeLessThan(100);
    for (let i = 0; i < 60; i++) {
      server.put('httproutes', objects.httpRoute(`r${i}`));
      await sleep(5);
    }
    await eventually(() => last().state.httpRoutes.size === 61);
    expect(updates.length).toBeLessThan(12);
  });

  it('passes endpoints on at once, without the objects that are being gathered', async () => {
    await startAndSettle({ firstMs: 700, quietMs: 700, maxWaitMs: 700 });
    server.put('httproutes', objects.httpRoute('later'));
    await sleep(30);
    server.put('endpointslices', objects.slice('shop-1', 'shop', ['10.0.0.1', '10.0.0.2']));
    await eventually(() => updates.length > 0);
    expect(last().slices.get('default/shop-1')?.endpoints).toHaveLength(2);
    expect(last().state.httpRoutes.size).toBe(0);
    expect(updates).toHaveLength(1);
  });

  it('waits for a Secret that is newly named, but not for ever', async () => {
    await startAndSettle({ maxHoldMs: 300 });
    server.put('secrets', objects.secret('cert'));
    server.fault = ({ path }) => (path.includes('secrets') ? { as: 'slow', ms: 60 } : null);
    server.put('gateways', objects.gateway('web', [objects.httpsListener('cert')]));
    await eventually(() => updates.length > 0);
    expect(updates[0]!.state.secrets.size).toBe(1);
    updates.length = 0;
    server.fault = ({ path }) => (path.includes('secrets') ? { as: 'hang' } : null);
    const listeners = [objects.httpsListener('cert'), objects.httpsListener('stuck')];
    server.put('gateways', objects.gateway('web', listeners));
    await eventually(() => updates.length > 0, 2_000);
    expect(last().state.gateways.get('default/web')?.spec.listeners).toHaveLength(2);
  });

  it('is silent about statuses, and tells of bad objects', async () => {
    await startAndSettle();
    server.put('httproutes', objects.httpRoute('shop'));
    await eventually(() => updates.length > 0);
    server.put('httproutes', { ...objects.httpRoute('shop'), status: { parents: [] } });
    await sleep(60);
    expect(updates).toHaveLength(1);
    server.put('httproutes', { ...objects.httpRoute('shop'), spec: { rules: [{ matches: 1 }] } });
    await eventually(() => updates.length === 2);
    expect(last().state).toBe(updates[0]!.state);
    expect(last().problems).toEqual([
      {
        file: '',
        line: 0,
        object: 'HTTPRoute default/shop',
        field: 'spec.rules[0].matches',
        message: 'must be a list, not a number; its last good version stays in use',
        severity: 'error',
      },
    ]);
  });
});
