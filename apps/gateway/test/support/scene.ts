import { afterEach, expect } from 'vitest';
import { GatewayFixture } from './gateway-fixture.ts';
import { type RawAnswer, RawBackend } from './raw-backend.ts';
import type { RuleSpec, Site } from './route-builder.ts';

/** One gateway with its backends per test, taken down after it. Also checks that nothing inside threw. */
export class Scene {
  #gateway: GatewayFixture | null = null;
  readonly #cleanUps: (() => void)[] = [];

  constructor() {
    afterEach(async () => {
      const gateway = this.#gateway;
      await gateway?.close();
      for (const cleanUp of this.#cleanUps.splice(0)) cleanUp();
      expect(gateway?.faults ?? []).toEqual([]);
    });
  }

  get gateway(): GatewayFixture {
    return this.#gateway!;
  }

  async start(...args: Parameters<typeof GatewayFixture.start>): Promise<GatewayFixture> {
    this.#gateway = await GatewayFixture.start(...args);
    return this.#gateway;
  }

  async backend(answer: RawAnswer): Promise<RawBackend> {
    const started = await RawBackend.start(answer);
    this.#cleanUps.push(() => started.stop());
    return started;
  }

  onEnd(cleanUp: () => void): void {
    this.#cleanUps.push(cleanUp);
  }
}

/** One rule for everything with one backend. */
export function siteOf(ports: readonly number[], rule: RuleSpec = {}): Site {
  return { rules: { r: { backends: [{ backend: 'b' }], ...rule } }, backends: { b: { ports } } };
}

/** On a connection of its own. */
export function requestText(method: string = 'GET', body: string = '', fields: string = ''): string {
  const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`;
  return `${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}${length}\r\n${body}`;
}

/** A port where nobody listens. */
export async function closedPort(): Promise<number> {
  const gone = await RawBackend.start(() => {});
  const { port } = gone;
  gone.stop();
  return port;
}
