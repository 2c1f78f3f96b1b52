import type { PolicyName } from '../policies/policy-name.ts';
import { reportOf, tableHead } from './report.ts';
import { scenarios } from './scenarios.ts';

// `node packages/balancer/src/sim/main.ts`: every scenario under the default policy, and two of them under the others for comparison.

const seed = 1;
const others: readonly PolicyName[] = ['round-robin', 'least-requests', 'random', 'weighted'];

console.log(tableHead());
for (const scenario of scenarios) console.log(reportOf(scenario, scenario.play({ seed, policy: 'p2c-peak-ewma' })));

for (const policy of others) {
  console.log(`\n${policy}`);
  for (const scenario of scenarios.slice(0, 4)) console.log(reportOf(scenario, scenario.play({ seed, policy })));
}
