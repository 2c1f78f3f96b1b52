import { type EchoBackend, echoBackend, echoService, scaleEcho } from '../objects/echo-backend.ts';
import { gatewayObject, programmedAddress } from '../objects/gateway-objects.ts';
import { withNamespace } from '../objects/scratch-namespace.ts';
import type { SuiteContext } from '../suite.ts';

/** A Gateway with backends behind it, and nothing routed yet. */
export interface Site {
  readonly namespace: string;
  readonly gateway: string;
  readonly address: string;
  readonly port: number;
  /** All of them lead to the same pods. */
  readonly services: readonly string[];
}

/** Runs with a site in a namespace of its own, which is gone afterwards. */
export async function withSite(
  { cluster }: SuiteContext,
  namespace: string,
  services: number,
  run: (site: Site) => Promise<void>,
): Promise<void> {
  const backend: EchoBackend = { namespace, name: 'echo', replicas: 2 };
  const gateway = 'site';
  const port = 80;
  const names = Array.from({ length: services }, (_, i) => `service-${i}`);
  await withNamespace(cluster, namespace, async () => {
    await cluster.api.applyAll(echoBackend(backend));
    await cluster.api.applyAll(names.map((name) => echoService(namespace, name, backend.name)));
    await scaleEcho(cluster, backend, backend.replicas);
    await cluster.api.apply(gatewayObject(namespace, gateway, [{ name: 'http', port }]));
    const address = await programmedAddress(cluster, namespace, gateway);
    await run({ namespace, gateway, address, port, services: names });
  });
}
