import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareFairlead, setFairleadEnvironment, withFairlead } from '../installation/fairlead.ts';
import { type EchoBackend, echoBackend, httpPort, scaleEcho } from '../objects/echo-backend.ts';
import { gatewayObject, programmedAddress, routeObject } from '../objects/gateway-objects.ts';
import { withNamespace } from '../objects/scratch-namespace.ts';
import { type Suite, type SuiteContext, wants } from '../suite.ts';
import { allFaults } from './all-faults.ts';
import { ApiProxy } from './api-proxy.ts';
import type { FaultSite } from './fault.ts';
import { proxyCertificate } from './proxy-certificate.ts';
import { suffer } from './suffer.ts';

export const faults: Suite = {
  name: 'faults',
  summary: 'an API server that cuts, freezes, refuses, fails and dawdles; bad and large objects; rights taken away',
  prepare: prepareFairlead,
  run: runFaults,
};

const namespace = 'e2e-faults';
const gateway = 'faults';
const port = 80;
/** The client of the own cluster, where this process lives: pods reach it. */
const proxyAddress = '172.31.0.100';
const proxyPort = 7_443;

async function runFaults(context: SuiteContext): Promise<void> {
  const { cluster, checks } = context;
  if (cluster.own === null) {
    checks.skip('faults', 'the proxy before the API server needs the certificate authority: only in the own cluster');
    return;
  }
  await withFairlead(context, () =>
    withNamespace(cluster, namespace, async () => {
      const proxy = await startProxy(context);
      try {
        await setFairleadEnvironment(cluster, {
          KUBERNETES_SERVICE_HOST: proxyAddress,
          KUBERNETES_SERVICE_PORT: String(proxyPort),
        });
        checks.expect('the gateway watches through the proxy', proxy.watches > 0, `${proxy.watches} watches`);
        const site = { namespace, gateway, ...(await makeSite(context)), proxy };
        for (const fault of allFaults) {
          if (wants(context, fault.name)) await checks.part(fault.name, () => suffer(context, fault, site));
        }
      } finally {
        await proxy.close();
      }
    }),
  );
}

async function startProxy({ cluster }: SuiteContext): Promise<ApiProxy> {
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-faults-'));
  const { cert, key } = proxyCertificate(join(cluster.own!.run, 'pki'), proxyAddress, directory);
  const { server, ca } = cluster.api.access;
  const proxy = new ApiProxy({
    upstream: server,
    ca,
    cert: readFileSync(cert, 'utf8'),
    key: readFileSync(key, 'utf8'),
  });
  rmSync(directory, { recursive: true });
  await proxy.listen(proxyAddress, proxyPort);
  return proxy;
}

async function makeSite({ cluster }: SuiteContext): Promise<Pick<FaultSite, 'target' | 'service'>> {
  const backend: EchoBackend = { namespace, name: 'echo', replicas: 2 };
  const host = 'steady.example.com';
  await cluster.api.applyAll(echoBackend(backend));
  await scaleEcho(cluster, backend, backend.replicas);
  await cluster.api.applyAll([
    gatewayObject(namespace, gateway, [{ name: 'http', port }]),
    routeObject({
      kind: 'HTTPRoute',
      namespace,
      name: 'steady',
      gateway,
      hostname: host,
      service: backend.name,
      port: httpPort,
    }),
  ]);
  return {
    target: { address: await programmedAddress(cluster, namespace, gateway), port, host },
    service: backend.name,
  };
}
