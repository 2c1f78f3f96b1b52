/** A client and a server session talk to each other: whatever the windows, the pieces and the order, every octet arrives, or both know. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Http2ServerSettings } from '../../src/index.ts';
import type { FlowPlan } from './message-flow.ts';
import { settings } from './settings.ts';
import type { ExchangePlan } from './simulated-exchange.ts';
import { Simulation, type SimulationPlan } from './simulation.ts';

const runs = Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 60);
const options = { numRuns: runs, seed: Number(process.env.FAIRLEAD_FUZZ_SEED ?? 7) };
const unlimited = { maxEarlyResets: 1_000_000, maxControlFrames: 1_000_000 };

const flow: fc.Arbitrary<FlowPlan> = fc.record({
  parts: fc.array(fc.oneof(fc.constantFrom(0, 1, 5), fc.nat(300), fc.nat(300), fc.nat(20_000)), { maxLength: 6 }),
  trailers: fc.boolean(),
  declared: fc.boolean(),
});

const never = fc.constant(Number.POSITIVE_INFINITY);

function exchange(aborts: fc.Arbitrary<number>): fc.Arbitrary<ExchangePlan> {
  return fc.record({
    request: flow,
    response: flow,
    early: fc.boolean(),
    clientAborts: aborts,
    serverAborts: aborts,
    slow: fc.constantFrom(0, 0.2, 0.8),
  });
}

const windows: fc.Arbitrary<Http2ServerSettings> = fc
  .record({
    streamWindowBytes: fc.constantFrom(100, 5_000, 16_384, 65_535, 300_000),
    connectionWindowBytes: fc.constantFrom(65_535, 100_000, 1_048_576),
    maxConcurrentStreams: fc.constantFrom(1, 2, 100),
  })
  .map((own) => ({ ...settings, ...unlimited, ...own, maxStreamWindowBytes: own.streamWindowBytes * 4 }));

function plan(aborts: fc.Arbitrary<number>): fc.Arbitrary<SimulationPlan> {
  return fc.record({
    seed: fc.nat(),
    exchanges: fc.array(exchange(aborts), { minLength: 1, maxLength: 12 }),
    client: windows,
    server: windows,
    socketBytes: fc.constantFrom(100, 10_000, 1_000_000),
    pieceBytes: fc.constantFrom(40, 1_000, 10_000, 100_000),
  });
}

/** Nothing is left behind, and what one side thinks that it may send is what the other thinks. */
function expectClean({ client, server }: Simulation): void {
  expect([client.openStreams, server.openStreams]).toEqual([0, 0]);
  expect([client.outbound.queuedBytes, server.outbound.queuedBytes]).toEqual([0, 0]);
  expect(client.outbound.window).toBe(server.inbound.connectionWindow);
  expect(server.outbound.window).toBe(client.inbound.connectionWindow);
}

describe('a client and a server session', () => {
  it('carry every octet of every exchange', () => {
    fc.assert(
      fc.property(plan(never), (each) => {
        const simulation = new Simulation(each);
        simulation.run(3_000_000);
        expectClean(simulation);
        expect(simulation.errors).toEqual([]);
        // Before it knew the limit the client may have opened more.
        const failures = simulation.exchanges.filter(
          ({ failure }) => failure !== null && failure.code !== 'refused_stream',
        );
        expect(failures.map((failed) => failed.describe())).toEqual([]);
      }),
      options,
    );
  });

  it('end every exchange on both sides when one breaks off', () => {
    const aborts = fc.oneof(never, fc.nat(12));
    fc.assert(
      fc.property(plan(aborts), (each) => {
        const simulation = new Simulation(each);
        simulation.run(3_000_000);
        expectClean(simulation);
        expect(simulation.errors).toEqual([]);
      }),
      options,
    );
  });
});
