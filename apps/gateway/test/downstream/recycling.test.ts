import { afterEach, describe, expect, it } from 'vitest';
import { type DownstreamSettings, defaultSettings, type RecyclingSettings } from '../../src/settings.ts';
import { Fixture } from './fixture.ts';
import { pause, type RawClient, until } from './raw-client.ts';

const off = defaultSettings.downstream.recycling;
const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('asking HTTP/1.1 connections to leave', () => {
  let fixture: Fixture;

  async function start(recycling: Partial<RecyclingSettings>, more: Partial<DownstreamSettings> = {}): Promise<void> {
    fixture = await Fixture.plain({ ...more, recycling: { ...off, ...recycling } });
    fixture.handler.script = (exchange) => exchange.answer('x');
  }

  afterEach(() => {
    fixture.close();
    expect(fixture.faults).toEqual([]);
  });

  it('is done by chance', async () => {
    await start({ goawayChance: 1 });
    fixture.handler.script = (exchange) => void setImmediate(() => exchange.answer('x'));
    const client = await fixture.connect();
    client.send(get);
    await client.receives('connection: close');
    await client.endsCleanly();
    expect(client.text).toMatch(/x$/);
    expect(fixture.recycled).toEqual(['chance']);
  });

  it('is done with answers made at once too, when it is known that nothing follows the request', async () => {
    await start({ goawayChance: 1 });
    const client = await fixture.connect();
    client.send(get);
    await client.receives('x');
    expect(client.text).not.toContain('connection: close');
    client.send(get);
    await client.receives('connection: close');
    await client.endsCleanly();
  });

  it('comes with the next answer once a connection is old, and not before', async () => {
    await start({ maxAgeMs: 30_000, maxAgeJitter: 0 });
    const client = await fixture.connect();
    client.send(get);
    await client.receives('x');
    fixture.advance(31_000);
    await pause(20);
    expect(client.ended).toBe(false);
    expect(client.text).not.toContain('connection: close');
    client.send(get);
    await client.receives('connection: close');
    await client.endsCleanly();
    expect(fixture.recycled).toEqual(['age']);
  });

  it('waits for the end of an answer that had begun', async () => {
    await start({ maxAgeMs: 30_000, maxAgeJitter: 0 });
    fixture.handler.script = () => {};
    const client = await fixture.connect();
    client.send(get);
    const first = await fixture.handler.exchange(0);
    fixture.advance(40_000);
    first.answer('first');
    await client.receives('first');
    expect(client.text).not.toContain('connection: close');
    client.send(get);
    (await fixture.handler.exchange(1)).answer('second');
    await client.receives('second');
    expect(client.text).toContain('connection: close');
    await client.endsCleanly();
  });

  it('makes room at a busy worker with the next answers of the busiest', async () => {
    await start({});
    const [busy, alsoBusy, quiet] = [await fixture.connect(), await fixture.connect(), await fixture.connect()];
    fixture.handler.script = (exchange) => exchange.answer(`answer ${fixture.handler.exchanges.length};`);
    let sent = 0;
    const ask = async (client: RawClient): Promise<void> => {
      client.send(get);
      await client.receives(`answer ${++sent};`);
    };
    for (let i = 0; i < 4; i++) for (const client of [busy, alsoBusy]) await ask(client);
    await ask(quiet);
    fixture.downstream.shed(0.5);
    await pause(10);
    expect([busy, alsoBusy, quiet].map(({ ended }) => ended)).toEqual([false, false, false]);
    for (const client of [busy, alsoBusy, quiet]) await ask(client);
    await busy.endsCleanly();
    expect([alsoBusy, quiet].map(({ text }) => text.includes('connection: close'))).toEqual([false, false]);
    expect(fixture.recycled).toEqual(['balance']);
  });

  it('spares excluded clients', async () => {
    await start({ goawayChance: 1, maxAgeMs: 1, excludedUserAgents: ['Prober/'] });
    const client = await fixture.connect();
    fixture.handler.script = (exchange) => exchange.answer(`answer ${fixture.handler.exchanges.length};`);
    for (let i = 1; i <= 5; i++) {
      client.send(get.replace('\r\n\r\n', '\r\nUser-Agent: Prober/1\r\n\r\n'));
      await client.receives(`answer ${i};`);
      fixture.advance(1_000);
    }
    expect(client.text).not.toContain('connection: close');
    expect(fixture.recycled).toEqual([]);
  });

  it.each([
    ['at once', true],
    ['later', false],
  ])('leaves no request unanswered that was sent without waiting; answers made %s', async (_what, atOnce) => {
    await start({ goawayChance: 1 });
    if (!atOnce) fixture.handler.script = (exchange) => void setImmediate(() => exchange.answer('x'));
    const client = await fixture.connect();
    client.send(get + get + get + get);
    const answers = (): number => client.text.split('HTTP/1.1 200').length - 1;
    const answered = (count: number): Promise<void> =>
      until(
        () => answers() === count,
        () => client.text,
      );
    await answered(4);
    if (atOnce) {
      client.send(get);
      await answered(5);
      client.send(get);
    }
    await client.endsCleanly();
    expect(answers()).toBe(atOnce ? 6 : 4);
  });
});
