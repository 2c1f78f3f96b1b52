import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Series } from '../charts/line-chart.ts';
import { prepareFairlead, withFairlead } from '../installation/fairlead.ts';
import { type EchoBackend, echoBackend, echoService, h2cPort, httpPort, scaleEcho } from '../objects/echo-backend.ts';
import { gatewayObject, programmedAddress, routeObject } from '../objects/gateway-objects.ts';
import { withNamespace } from '../objects/scratch-namespace.ts';
import { type Suite, type SuiteContext, wants } from '../suite.ts';
import type { Road } from './road.ts';
import { runShares, type ShareRow, shareTable } from './shares.ts';
import { runUsers, usersChart } from './users.ts';

export const pin: Suite = {
  name: 'pin',
  summary: 'where the requests of one connection go, and how soon a new pod gets its share: ClusterIP beside Fairlead',
  prepare: prepareFairlead,
  run: runPin,
};

const namespace = 'e2e-pin';
const backend: EchoBackend = { namespace, name: 'echo', replicas: 3, drainMs: 0 };
const webHost = 'web.example.com';
const callHost = 'calls.example.com';

interface Findings {
  readonly rows: ShareRow[];
  readonly series: Series[];
}

async function runPin(context: SuiteContext): Promise<void> {
  const { cluster, checks, results } = context;
  const findings: Findings = { rows: [], series: [] };
  await withNamespace(cluster, namespace, async () => {
    await cluster.api.applyAll(echoBackend(backend));
    await scaleEcho(cluster, backend, backend.replicas);
    if (wants(context, 'clusterip')) {
      await checks.part('clusterip', async () => drive(context, await clusterIp(context), findings));
    }
    if (wants(context, 'fairlead')) {
      await checks.part('fairlead', () =>
        withFairlead(context, async () => drive(context, await fairlead(context), findings)),
      );
    }
  });
  writeFileSync(join(results, 'pin.md'), shareTable(findings.rows));
  writeFileSync(join(results, 'pin-users.svg'), usersChart(findings.series));
}

async function drive(context: SuiteContext, road: Road, findings: Findings): Promise<void> {
  findings.rows.push(...(await runShares(context, backend, road)));
  findings.series.push(await runUsers(context, backend, road));
}

/** The pods' own Service, as everybody uses it who has no gateway. */
async function clusterIp({ cluster }: SuiteContext): Promise<Road> {
  const service = await cluster.api.apply(echoService(namespace, backend.name, backend.name));
  const address = (service.spec as { clusterIP: string }).clusterIP;
  return {
    name: 'clusterip',
    balances: false,
    http: { address, port: httpPort, host: webHost },
    http2: { address, port: h2cPort, host: webHost },
    grpc: { address, port: h2cPort, host: callHost },
  };
}

async function fairlead({ cluster }: SuiteContext): Promise<Road> {
  const gateway = 'pin';
  const service = backend.name;
  const port = 80;
  await cluster.api.applyAll([
    gatewayObject(namespace, gateway, [{ name: 'http', port }]),
    routeObject({ kind: 'HTTPRoute', namespace, name: 'web', gateway, hostname: webHost, service, port: httpPort }),
    routeObject({ kind: 'GRPCRoute', namespace, name: 'calls', gateway, hostname: callHost, service, port: h2cPort }),
  ]);
  const address = await programmedAddress(cluster, namespace, gateway);
  return {
    name: 'fairlead',
    balances: true,
    http: { address, port, host: webHost },
    http2: { address, port, host: webHost },
    grpc: { address, port, host: callHost },
  };
}
