import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../../cluster/kube-object.ts';
import { Prober } from '../clients/prober.ts';
import { h2cPort, httpPort } from '../objects/echo-backend.ts';
import { routeObject } from '../objects/gateway-objects.ts';
import type { SuiteContext } from '../suite.ts';
import { milliseconds, summarize } from './durations.ts';
import { type Site, withSite } from './site.ts';

const edits = 20;
const everyMs = 200;
const hostname = 'edited.example.com';
const header = 'x-edit';

/** A route whose backend port and response header change every 200 ms, under back-to-back GETs. */
export async function editRoute(context: SuiteContext): Promise<void> {
  await withSite(context, 'e2e-churn-edits', 1, async (site) => {
    const prober = new Prober(site.address, site.port);
    try {
      await context.cluster.api.apply(edition(site, 0));
      await prober.until(hostname, 20, 10_000, ({ headers }) => headers[header] === '0');
      const watcher = watchAnswers(prober);
      const appliedMs = await edit(context, site);
      await sleep(2_000);
      judge(context, appliedMs, await watcher.stop());
    } finally {
      prober.close();
    }
  });
}

async function edit({ cluster }: SuiteContext, site: Site): Promise<readonly number[]> {
  const appliedMs: number[] = [];
  for (let i = 1; i <= edits; i++) {
    appliedMs[i] = performance.now();
    await cluster.api.apply(edition(site, i));
    await sleep(Math.max(0, appliedMs[i]! + everyMs - performance.now()));
  }
  return appliedMs;
}

/** The route after its i-th edit. */
function edition({ namespace, gateway, services }: Site, i: number): KubeObject {
  const port = i % 2 === 0 ? httpPort : h2cPort;
  const route = routeObject({
    kind: 'HTTPRoute',
    namespace,
    name: 'edited',
    gateway,
    hostname,
    service: services[0]!,
    port,
  });
  const set = [{ name: header, value: String(i) }];
  const filters = [{ type: 'ResponseHeaderModifier', responseHeaderModifier: { set } }];
  const { rules } = route.spec as { rules: readonly object[] };
  return { ...route, spec: { ...(route.spec as object), rules: rules.map((rule) => ({ ...rule, filters })) } };
}

interface Seen {
  /** When each edition was seen first. */
  readonly firstMs: ReadonlyMap<number, number>;
  readonly requests: number;
  readonly errors: ReadonlyMap<string, number>;
}

function watchAnswers(prober: Prober): { stop(): Promise<Seen> } {
  const firstMs = new Map<number, number>();
  const errors = new Map<string, number>();
  let requests = 0;
  let stopped = false;
  const done = (async () => {
    while (!stopped) {
      const { status, headers, failure } = await prober.probe(hostname);
      requests++;
      const edition = Number(headers[header]);
      if (status === 200 && !firstMs.has(edition)) firstMs.set(edition, performance.now());
      if (status !== 200) errors.set(failure || String(status), (errors.get(failure || String(status)) ?? 0) + 1);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await done;
      return { firstMs, requests, errors };
    },
  };
}

function judge({ checks }: SuiteContext, appliedMs: readonly number[], { firstMs, requests, errors }: Seen): void {
  // An edition that the next one overtook was never seen, and is not waited for; the last one must be.
  const seen = [...firstMs].filter(([i]) => i > 0).map(([i, atMs]) => atMs - appliedMs[i]!);
  const errorText = [...errors].map(([reason, count]) => `${count} × ${reason}`).join(', ');
  checks.figure('edits: ms from apply to the first answer that shows it', milliseconds(seen));
  checks.figure('edits: GETs meanwhile', requests);
  checks.expect('edits: no errors', errors.size === 0, errorText);
  checks.expect('edits: the last one is seen', firstMs.has(edits), `${seen.length} of ${edits} were seen`);
  const { p50 } = summarize(seen);
  checks.expect('edits: seen after p50 ≤ 50 ms', p50 <= 50, `${p50} ms`);
}
