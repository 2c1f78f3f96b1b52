import { type AddressInfo, createServer } from 'node:net';
import type { Bind } from '@fairlead/routing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BindGate, probePort } from './bind-gate.ts';

const bind = (key: string, port: number): Bind => ({
  key,
  address: '127.0.0.1',
  port,
  secure: false,
  listeners: [],
  clientPolicy: null,
});

afterEach(() => {
  vi.useRealTimers();
});

describe('BindGate', () => {
  it('opens a port that is free, and one that becomes free later', async () => {
    vi.useFakeTimers();
    const said: string[] = [];
    let taken = true;
    const gate = new BindGate({
      probe: async (_, port) => (port === 2 && taken ? 'EADDRINUSE' : null),
      retryMs: 1_000,
      onOpen: (key) => said.push(`open ${key}`),
      onTaken: (key, error) => said.push(`${error} ${key}`),
    });
    await gate.update(new Map([bind('a', 1), bind('b', 2)].map((b) => [b.key, b])));
    expect(said).toEqual(['open a', 'EADDRINUSE b']);
    expect([gate.isOpen('a'), gate.isOpen('b')]).toEqual([true, false]);
    taken = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(said.at(-1)).toBe('open b');
    gate.close();
  });

  it('gives up a port that nobody asks for any more', async () => {
    vi.useFakeTimers();
    const probe = vi.fn(async () => 'EADDRINUSE');
    const gate = new BindGate({ probe, retryMs: 1_000, onOpen: () => {}, onTaken: () => {} });
    await gate.update(new Map([['a', bind('a', 1)]]));
    await gate.update(new Map());
    await vi.advanceTimersByTimeAsync(5_000);
    expect(probe).toHaveBeenCalledTimes(1);
  });
});

describe('probePort', () => {
  it('sees another server, also one that shares its port', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0, reusePort: true }, resolve));
    const { port } = server.address() as AddressInfo;
    expect(await probePort('127.0.0.1', port)).toBe('EADDRINUSE');
    await new Promise((resolve) => server.close(resolve));
    expect(await probePort('127.0.0.1', port)).toBeNull();
  });
});
