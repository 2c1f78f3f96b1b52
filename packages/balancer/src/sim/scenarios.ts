import type { PolicyName } from '../policies/policy-name.ts';
import { type Setup, Simulation } from './simulation.ts';

/** A story told to a simulation. The summary counts from `fromMs` to `toMs`. */
export interface Scenario {
  readonly name: string;
  /** What is played, for people. */
  readonly plot: string;
  /** The backend the story is about; null for all of them. */
  readonly about: number | null;
  play(options: PlayOptions): Played;
}

interface PlayOptions {
  readonly seed: number;
  readonly policy: PolicyName;
}

export interface Played {
  readonly simulation: Simulation;
  readonly fromMs: number;
  readonly toMs: number;
}

const usual: Omit<Setup, keyof PlayOptions> = { workers: 2, backends: 4, delayMs: 5, requestsPerSecond: 1_000 };
const warmUpMs = 2_000;
/** Requests at the end of the counted time still get their answer. */
const runOutMs = 2_000;

/** Warms up, changes something, and counts from there on. */
function story(setup: Partial<Setup>, seconds: number, change: (simulation: Simulation) => void): Scenario['play'] {
  return (options) => {
    const simulation = new Simulation({ ...usual, ...setup, ...options });
    simulation.run(warmUpMs);
    const fromMs = simulation.nowMs;
    change(simulation);
    simulation.run(seconds * 1_000);
    const toMs = simulation.nowMs;
    simulation.run(runOutMs);
    return { simulation, fromMs, toMs };
  };
}

export const scenarios: readonly Scenario[] = [
  {
    name: 'failing fast',
    plot: 'one of four answers 503 at once',
    about: 0,
    play: story({}, 10, (simulation) => simulation.become([0], 'failing')),
  },
  {
    name: 'hung',
    plot: 'one of four takes requests and never answers',
    about: 0,
    play: story({}, 10, (simulation) => simulation.become([0], 'hung')),
  },
  {
    name: 'killed',
    plot: 'one of four resets and refuses connections',
    about: 0,
    play: story({}, 10, (simulation) => simulation.become([0], 'killed')),
  },
  {
    name: '20 × slower',
    plot: 'one of four answers in 100 ms instead of 5',
    about: 0,
    play: story({}, 10, (simulation) => simulation.become([0], 'slow')),
  },
  {
    name: 'slow for long',
    plot: 'as above, for two minutes: how often is it asked again?',
    about: 0,
    play: story({}, 120, (simulation) => simulation.become([0], 'slow')),
  },
  {
    name: 'slow, and we stall',
    plot: 'one of four is 20 × slower, and all workers stand still for 150 ms every second',
    about: 0,
    play: story({}, 20, (simulation) => {
      simulation.become([0], 'slow');
      for (let i = 1; i < 20; i++) simulation.queue.after(i * 1_000, () => simulation.stall(150));
    }),
  },
  {
    name: 'we stall',
    plot: 'all workers stand still for 300 ms every two seconds; nobody is to blame',
    about: 0,
    play: story({}, 20, (simulation) => {
      for (let i = 1; i < 10; i++) simulation.queue.after(i * 2_000, () => simulation.stall(300));
    }),
  },
  {
    name: 'two of four slow',
    plot: 'half of the pool answers in 100 ms',
    about: 0,
    play: story({}, 10, (simulation) => simulation.become([0, 1], 'slow')),
  },
  {
    name: 'all slow',
    plot: 'all four answer in 100 ms: nothing may be refused',
    about: null,
    play: story({}, 10, (simulation) => simulation.become([0, 1, 2, 3], 'slow')),
  },
  {
    name: 'all stall',
    plot: 'nobody answers for half a second, then all do',
    about: null,
    play: story({}, 10, (simulation) => {
      for (const backend of simulation.backends) backend.slowness = 100;
      simulation.become([0, 1, 2, 3], 'slow');
      simulation.queue.after(1_000, () => simulation.become([0, 1, 2, 3], 'none'));
    }),
  },
  {
    name: 'all failing',
    plot: 'all four answer 503 for two seconds, then recover',
    about: null,
    play: story({}, 30, (simulation) => {
      simulation.become([0, 1, 2, 3], 'failing');
      simulation.queue.after(2_000, () => simulation.become([0, 1, 2, 3], 'none'));
    }),
  },
  {
    name: 'newcomer',
    plot: 'a fifth endpoint becomes ready',
    about: 4,
    play: story({}, 20, (simulation) => void simulation.join()),
  },
  {
    name: 'recovering',
    plot: 'one of four answers 503 for five seconds, then recovers',
    about: 0,
    play: story({}, 30, (simulation) => {
      simulation.become([0], 'failing');
      simulation.queue.after(5_000, () => simulation.become([0], 'none'));
    }),
  },
  {
    name: 'slow, then well',
    plot: 'one of four is 20 × slower for ten seconds',
    about: 0,
    play: story({}, 30, (simulation) => {
      simulation.become([0], 'slow');
      simulation.queue.after(10_000, () => simulation.become([0], 'none'));
    }),
  },
  {
    name: 'sparse, slow',
    plot: 'one request a second, one of four 20 × slower, half an hour',
    about: 0,
    play: story({ requestsPerSecond: 1 }, 1_800, (simulation) => simulation.become([0], 'slow')),
  },
  {
    name: 'sparse, hung',
    plot: 'twenty requests a second, one of four hung',
    about: 0,
    play: story({ requestsPerSecond: 20 }, 60, (simulation) => simulation.become([0], 'hung')),
  },
];
