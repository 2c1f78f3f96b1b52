import { randomBytes } from 'node:crypto';
import type { Bind, ClientPolicy, Listener, ListenerTls } from '@fairlead/routing';
import { Downstream } from '../../src/data/downstream.ts';
import { type DownstreamSettings, defaultSettings } from '../../src/settings.ts';
import { RawClient, until } from './raw-client.ts';
import { ScriptedHandler } from './scripted-handler.ts';

/** A `Downstream` on a port of its own, with a clock that only tests move. */
export class Fixture {
  readonly handler: ScriptedHandler = new ScriptedHandler();
  readonly refused: string[] = [];
  readonly recycled: string[] = [];
  readonly faults: unknown[] = [];
  readonly binds: (string | null)[] = [];
  readonly downstream: Downstream;
  nowMs: number = 1_000_000;
  readonly #clients: RawClient[] = [];

  constructor(settings: Partial<DownstreamSettings> = {}, ticketKeys: Uint8Array = randomBytes(48)) {
    const all = { ...defaultSettings, downstream: { ...defaultSettings.downstream, ...settings } };
    this.downstream = new Downstream(all, ticketKeys, true, this.handler, {
      onBind: (_key, error) => this.binds.push(error),
      onConnectionOpened: () => {},
      onConnectionClosed: () => {},
      onRefused: (status, code) => this.refused.push(`${status} ${code}`),
      onRecycled: (why) => this.recycled.push(why),
      onFault: (error) => this.faults.push(error),
    });
    this.downstream.sweep(this.nowMs);
  }

  static async plain(settings: Partial<DownstreamSettings> = {}): Promise<Fixture> {
    const fixture = new Fixture(settings);
    await fixture.listen([listener('any', '', null)]);
    return fixture;
  }

  get port(): number {
    return this.downstream.port(bindKey);
  }

  /** Listens, or updates what listens. */
  async listen(listeners: readonly Listener[], clientPolicy: ClientPolicy | null = null): Promise<void> {
    const secure = listeners[0]!.tls !== null;
    const bind: Bind = { key: bindKey, address: '127.0.0.1', port: 0, secure, listeners, clientPolicy };
    const before = this.binds.length;
    const known = this.port !== 0;
    this.downstream.applyBinds(new Map([[bindKey, bind]]));
    if (!known)
      await until(
        () => this.binds.length > before,
        () => 'bind',
      );
  }

  async connect(): Promise<RawClient> {
    const client = await RawClient.open(this.port);
    this.#clients.push(client);
    return client;
  }

  /** Moves the clock in steps of the worker's sweep. */
  advance(ms: number): void {
    const end = this.nowMs + ms;
    while (this.nowMs < end) {
      this.nowMs = Math.min(end, this.nowMs + 100);
      this.downstream.sweep(this.nowMs);
    }
  }

  close(): void {
    for (const client of this.#clients) client.close();
    this.downstream.closeAll();
  }
}

export function listener(
  name: string,
  hostname: string,
  tls: ListenerTls | null,
  clientPolicy: ClientPolicy | null = null,
): Listener {
  const gateway = { namespace: 'default', name: 'gw' };
  return { id: `default/gw/${name}`, gateway, name, port: 0, hostname, tls, clientPolicy };
}

const bindKey = '127.0.0.1:0';
