import { Prober } from '../clients/prober.ts';
import { runProgram } from '../conformance/conformance.ts';
import { buildConformance } from '../conformance/conformance-program.ts';
import { prepareFairlead, withFairlead } from '../installation/fairlead.ts';
import { type EchoBackend, echoBackend, httpPort, scaleEcho } from '../objects/echo-backend.ts';
import { gatewayObject, programmedAddress, routeObject } from '../objects/gateway-objects.ts';
import { withNamespace } from '../objects/scratch-namespace.ts';
import type { PrepareContext, Suite, SuiteContext } from '../suite.ts';

export const smoke: Suite = {
  name: 'smoke',
  summary: 'installed by Helm, ten routes, one test of each conformance profile: a few minutes',
  prepare: prepareSmoke,
  run: runSmoke,
};

const namespace = 'e2e-smoke';
const gateway = 'smoke';
const port = 80;
const routes = 10;
const suiteRun = { version: 'v1.7.0', channel: 'standard' } as const;
/** GATEWAY-HTTP and GATEWAY-GRPC. */
const profileTests = ['HTTPRouteSimpleSameNamespace', 'GRPCExactMethodMatching'];

async function prepareSmoke(context: PrepareContext): Promise<void> {
  await prepareFairlead(context);
  await buildConformance(suiteRun.version, context.progress);
}

async function runSmoke(context: SuiteContext): Promise<void> {
  await withFairlead(context, async () => {
    await context.checks.part('ten routes', () => serveTenRoutes(context));
    for (const test of profileTests) await context.checks.part(test, () => runProgram(context, suiteRun, test));
  });
}

async function serveTenRoutes({ cluster, checks }: SuiteContext): Promise<void> {
  const backend: EchoBackend = { namespace, name: 'echo', replicas: 2 };
  await withNamespace(cluster, namespace, async () => {
    await cluster.api.applyAll(echoBackend(backend));
    await scaleEcho(cluster, backend, backend.replicas);
    await cluster.api.apply(gatewayObject(namespace, gateway, [{ name: 'http', port }]));
    const prober = new Prober(await programmedAddress(cluster, namespace, gateway), port);
    try {
      for (let i = 0; i < routes; i++) {
        const hostname = `route-${i}.example.com`;
        const name = `route-${i}`;
        await cluster.api.apply(
          routeObject({ kind: 'HTTPRoute', namespace, name, gateway, hostname, service: backend.name, port: httpPort }),
        );
        const { atMs, before } = await prober.until(hostname, 10, 10_000, ({ status }) => status === 200);
        checks.expect(`${name} answers`, atMs !== null, JSON.stringify([...before]));
      }
      const { status } = await prober.probe('nobody.example.com');
      checks.expect('a host without route gets 404', status === 404, String(status));
    } finally {
      prober.close();
    }
  });
}
