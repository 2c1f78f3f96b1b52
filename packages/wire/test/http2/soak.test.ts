/** Thousands of streams, half of them broken off by one side or the other: nothing of them may stay. */
import { expect, it } from 'vitest';
import { Random } from './random.ts';
import { settings } from './settings.ts';
import type { ExchangePlan } from './simulated-exchange.ts';
import { Simulation } from './simulation.ts';

const streams = Number(process.env.FAIRLEAD_SOAK_STREAMS ?? 10_000);
const never = Number.POSITIVE_INFINITY;

function planOf(random: Random): ExchangePlan {
  const flow = () => ({
    parts: Array.from({ length: random.below(4) }, () => random.below(random.pick([5, 300, 3_000]))),
    trailers: random.chance(0.3),
    declared: random.chance(0.5),
  });
  return {
    request: flow(),
    response: flow(),
    early: random.chance(0.5),
    clientAborts: random.chance(0.25) ? random.below(6) : never,
    serverAborts: random.chance(0.25) ? random.below(6) : never,
    slow: random.chance(0.2) ? 0.5 : 0,
  };
}

it(`${streams} streams with aborts on either side leave nothing behind`, () => {
  const random = new Random(1);
  const own = { ...settings, streamWindowBytes: 1_000, maxEarlyResets: 1_000_000, maxControlFrames: 1_000_000 };
  const simulation = new Simulation({
    seed: 1,
    exchanges: Array.from({ length: streams }, () => planOf(random)),
    client: own,
    server: { ...own, connectionWindowBytes: 65_535 },
    socketBytes: 20_000,
    pieceBytes: 3_000,
  });
  simulation.run(streams * 500);
  const { client, server, exchanges, errors } = simulation;
  expect(errors).toEqual([]);
  expect([client.openStreams, server.openStreams]).toEqual([0, 0]);
  expect([client.outbound.queuedBytes, server.outbound.queuedBytes]).toEqual([0, 0]);
  expect(client.outbound.window).toBe(server.inbound.connectionWindow);
  expect(server.outbound.window).toBe(client.inbound.connectionWindow);
  const aborted = exchanges.filter((exchange) => exchange.aborted).length;
  expect(aborted).toBeGreaterThan(streams / 4);
  expect(exchanges.filter(({ failure }) => failure === null).length).toBeGreaterThan(streams / 2);
});
