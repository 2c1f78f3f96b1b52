import type { PoolHealth } from '../pool-health.ts';
import { LeastRequests } from './least-requests.ts';
import { P2cPeakEwma } from './p2c-peak-ewma.ts';
import type { Policy } from './policy.ts';
import { RandomChoice } from './random.ts';
import { RoundRobin } from './round-robin.ts';
import { Weighted } from './weighted.ts';

export type PolicyName = 'p2c-peak-ewma' | 'round-robin' | 'least-requests' | 'random' | 'weighted';

export function createPolicy(name: PolicyName, health: PoolHealth, random: () => number): Policy {
  switch (name) {
    case 'p2c-peak-ewma':
      return new P2cPeakEwma(health, random);
    case 'round-robin':
      return new RoundRobin(health, random);
    case 'least-requests':
      return new LeastRequests(health, random);
    case 'random':
      return new RandomChoice(health, random);
    case 'weighted':
      return new Weighted(health);
  }
}
