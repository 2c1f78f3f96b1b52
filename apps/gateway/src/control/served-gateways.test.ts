import type { Gateway } from '@fairlead/resources';
import type { Bind } from '@fairlead/routing';
import { describe, expect, it } from 'vitest';
import { formatGenerations, type Generations, parseGenerations, ServedGateways, shortUid } from './served-gateways.ts';

const uid = '6f2d7b1e-8c7e-4c0c-9d0a-2b6f0a4f1c11';

function gateway(generation: number): Gateway {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { namespace: 'shop', name: 'web', uid, generation },
    spec: { gatewayClassName: 'fairlead', listeners: [] },
  };
}

function bind(key: string): Bind {
  const listeners = [{ gateway: { namespace: 'shop', name: 'web' } }] as unknown as Bind['listeners'];
  return { key, address: '0.0.0.0', port: 0, secure: false, listeners, clientPolicy: null } as unknown as Bind;
}

describe('ServedGateways', () => {
  it('serves a generation when it is published, applied, and its sockets are open', () => {
    const said: Generations[] = [];
    const wanted: Bind[] = [];
    const states = new Map<string, string | null>();
    const served = new ServedGateways({ binds: () => ({ wanted, states }), onChange: (one) => said.push(one) });
    const last = (): number | undefined => said.at(-1)?.get(uid);
    served.notePublished([gateway(1)], 1);
    expect(said).toEqual([]);
    served.noteApplied(1);
    expect(last()).toBeUndefined();
    wanted.push(bind('a'), bind('b'));
    states.set('a', null);
    served.look();
    expect(last()).toBeUndefined();
    states.set('b', null);
    served.look();
    expect(last()).toBe(1);
    served.notePublished([gateway(2)], 2);
    expect(last()).toBe(1);
    states.set('b', 'EADDRINUSE');
    served.noteApplied(2);
    expect(last()).toBe(1);
    states.set('b', null);
    served.look();
    expect(last()).toBe(2);
    const count = said.length;
    served.look();
    expect(said).toHaveLength(count);
    served.notePublished([], 2);
    expect(said.at(-1)).toEqual(new Map());
  });

  it('is read as it is written', () => {
    expect(parseGenerations(formatGenerations(new Map([[uid, 7]])))).toEqual(new Map([[shortUid(uid), 7]]));
    expect(parseGenerations('')).toEqual(new Map());
    expect(parseGenerations('x=y z')).toEqual(new Map());
  });
});
