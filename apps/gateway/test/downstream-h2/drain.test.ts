import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { pause, until } from '../downstream/raw-client.ts';
import { GatewayFixture } from '../support/gateway-fixture.ts';
import { Scene, siteOf } from '../support/scene.ts';
import { Flag, FrameClient, FrameType, frame, request } from './frame-client.ts';

const scene = new Scene();

/**
 * A client that does as RFC 9113 §6.8 says: opens no stream after it has read a GOAWAY, and whatever it sent before that is answered. Those of
 * libraries may drop requests of their own that they had not sent yet.
 */
class PatientClient {
  sent: number = 0;
  leaving: boolean = false;
  readonly #client: FrameClient;
  #pings: number = 0;

  private constructor(client: FrameClient) {
    this.#client = client;
    client.socket.on('data', () => this.#onData());
  }

  static async open(port: number): Promise<PatientClient> {
    return new PatientClient(await FrameClient.begin(port));
  }

  get answered(): number {
    return this.#client.of(FrameType.headers).length;
  }

  /** Fewer streams are open than a server may refuse (RFC 9113 §5.1.2). */
  get hasRoom(): boolean {
    return this.sent - this.answered < 100;
  }

  get report(): string {
    const { ended, error } = this.#client;
    const resets = this.#client.of(FrameType.rstStream).length;
    return `${this.answered} of ${this.sent} answered, ${resets} reset, ended ${ended} ${error}`;
  }

  send(): void {
    this.#client.send(request(2 * this.sent + 1));
    this.sent++;
  }

  close(): void {
    this.#client.close();
  }

  #onData(): void {
    const pings = this.#client.of(FrameType.ping);
    for (; this.#pings < pings.length; this.#pings++) {
      const { flags, payload } = pings[this.#pings]!;
      if (flags === 0) this.#client.send(frame(FrameType.ping, Flag.ack, 0, payload));
    }
    this.leaving ||= this.#client.of(FrameType.goaway).length > 0;
    if (this.#client.ended) this.#client.close();
  }
}

it('a drain under steady load of HTTP/2 loses no request', async () => {
  const server = createServer((_request, response) => setTimeout(() => response.end('x'), 5));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  scene.onEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  const site = siteOf([(server.address() as AddressInfo).port]);
  const [drained, other] = [await scene.start(site), await GatewayFixture.start(site)];
  let { port } = drained;
  const all: PatientClient[] = [];
  let opening = 0;
  const open = async (): Promise<PatientClient> => {
    opening++;
    const client = await PatientClient.open(port);
    opening--;
    all.push(client);
    return client;
  };
  let over = false;
  const begun = performance.now();
  /** One request every 10 ms, in open loop. */
  const load = async (): Promise<void> => {
    let client = await open();
    for (let sent = 0; !over; await pause(1)) {
      if (client.leaving) client = await open();
      for (; client.hasRoom && sent < (performance.now() - begun) / 10; sent++) client.send();
    }
  };
  const loads = Array.from({ length: 6 }, load);
  await pause(150);
  drained.downstream.beginDrain();
  await pause(150);
  port = other.port;
  await pause(150);
  // Nobody comes any more.
  await until(
    () => opening === 0,
    () => 'clients to connect',
  );
  drained.downstream.stopAccepting();
  await until(
    () => drained.downstream.connectionCount === 0,
    () => `${drained.downstream.connectionCount} connections to close`,
    10_000,
  );
  await pause(50);
  over = true;
  await Promise.all(loads);
  await until(
    () => all.every(({ sent, answered }) => sent === answered),
    () => all.map(({ report }) => report).join('\n'),
  );
  expect(all.length).toBeGreaterThan(12);
  expect(all.reduce((sum, { sent }) => sum + sent, 0)).toBeGreaterThan(200);
  for (const client of all) client.close();
  await other.close();
  expect(other.faults).toEqual([]);
}, 20_000);
