import { beforeEach, describe, expect, it } from 'vitest';
import { kindResource } from './kind-resource.ts';
import { KubeApiError } from './kube-error.ts';
import { WatchHealth } from './watch-health.ts';

const route = kindResource('HTTPRoute');
const gateway = kindResource('Gateway');
const policy = kindResource('ClientTrafficPolicy');
let said: string[];
let nowMs: number;
let health: WatchHealth;

beforeEach(() => {
  said = [];
  nowMs = 0;
  const say = (level: string) => (_: object, message: string) => void said.push(`${level} ${message}`);
  health = new WatchHealth({ info: say('info'), warn: say('warn'), error: say('error') }, () => nowMs);
});

const fails = (kind: typeof route, status: number, times: number = 1) => {
  for (let i = 0; i < times; i++) {
    health.note(kind, '', { is: 'failing', error: new KubeApiError(status, 'Test', `status ${status}`) });
  }
};
const lives = (kind: typeof route) => health.note(kind, '', { is: 'live' });
const problems = () => [...health.problems].map(({ kind, message }) => `${kind}: ${message}`);

describe('WatchHealth', () => {
  it('is silent about a connection that was cut, and about rights a starting server does not know yet', () => {
    fails(route, 0);
    lives(route);
    fails(route, 403, 3);
    lives(route);
    expect(said).toEqual([]);
    expect(problems()).toEqual([]);
  });

  it('says once that the server is away, reminds, and says when it is back for all', () => {
    for (let i = 0; i < 3; i++) for (const kind of [route, gateway, policy]) fails(kind, 0);
    expect(said).toEqual([expect.stringContaining("warn the API server can't be used: status 0")]);
    expect(problems()).toEqual([expect.stringContaining(": the API server can't be used")]);
    nowMs = 61_000;
    fails(route, 503);
    expect(said).toHaveLength(2);
    lives(route);
    lives(gateway);
    expect(said).toHaveLength(2);
    health.note(policy, '', { is: 'absent' });
    expect(said.slice(2)).toEqual([
      'info the API server answers again',
      expect.stringContaining('info ClientTrafficPolicy is not served'),
    ]);
    expect(problems()).toEqual([]);
  });

  it('says at once that it is asked for too much', () => {
    fails(route, 429);
    expect(said).toHaveLength(1);
  });

  it('names the kind that may not be read, and when it may again', () => {
    fails(route, 403, 5);
    expect(said).toEqual([expect.stringContaining("warn httproutes can't be read: status 403; see RBAC")]);
    expect(problems()).toEqual([expect.stringContaining("HTTPRoute: can't be read")]);
    lives(route);
    expect(said.at(-1)).toBe('info httproutes of gateway.networking.k8s.io can be read');
    expect(problems()).toEqual([]);
  });

  it('forgets what nobody asks for any more', () => {
    const secret = kindResource('Secret');
    for (let i = 0; i < 5; i++) {
      const error = new KubeApiError(403, 'Forbidden', 'no');
      health.note(secret, 'default/cert', { is: 'failing', error });
    }
    expect([...health.problems]).toMatchObject([{ kind: 'Secret', key: 'default/cert' }]);
    health.note(secret, 'default/cert', null);
    expect(problems()).toEqual([]);
  });
});
