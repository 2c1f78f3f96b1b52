import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepareFairlead, withFairlead } from '../installation/fairlead.ts';
import { type EchoBackend, echoBackend, httpPort, scaleEcho } from '../objects/echo-backend.ts';
import { gatewayObject, programmedAddress, routeObject } from '../objects/gateway-objects.ts';
import { withNamespace } from '../objects/scratch-namespace.ts';
import { type Suite, type SuiteContext, wants } from '../suite.ts';
import { scenarios } from './scenarios.ts';
import { type LoadResult, loadTable, underLoad } from './under-load.ts';

export const rollout: Suite = {
  name: 'rollout',
  summary: 'what clients notice of rollouts, scaling, upgrades, kills, drains and an API server that is away',
  prepare: prepareFairlead,
  run: runRollout,
};

const namespace = 'e2e-rollout';
const backend: EchoBackend = { namespace, name: 'echo', replicas: 3 };
const host = 'rollout.example.com';
const gateway = 'rollout';
const port = 80;

async function runRollout(context: SuiteContext): Promise<void> {
  const { cluster, checks } = context;
  const results: LoadResult[] = [];
  await withFairlead(context, () =>
    withNamespace(cluster, namespace, async () => {
      const address = await site(context);
      for (const scenario of scenarios) {
        if (!wants(context, scenario.name)) continue;
        const obstacle = await scenario.obstacle?.(context);
        if (obstacle !== undefined && obstacle !== null) {
          checks.skip(scenario.name, obstacle);
          continue;
        }
        await checks.part(scenario.name, async () => {
          const act = (): Promise<void> => scenario.act(context, backend);
          results.push(await underLoad(context, scenario, { address, port, host }, act));
        });
      }
    }),
  );
  writeFileSync(join(context.results, 'rollout.md'), loadTable(results));
}

/** The address of a gateway that leads to three pods. */
async function site({ cluster }: SuiteContext): Promise<string> {
  await cluster.api.applyAll(echoBackend(backend));
  await scaleEcho(cluster, backend, backend.replicas);
  await cluster.api.applyAll([
    gatewayObject(namespace, gateway, [{ name: 'http', port }]),
    routeObject({
      kind: 'HTTPRoute',
      namespace,
      name: 'site',
      gateway,
      hostname: host,
      service: backend.name,
      port: httpPort,
    }),
  ]);
  return programmedAddress(cluster, namespace, gateway);
}
