import type { Cluster } from '../../cluster/cluster.ts';
import { Prober } from '../clients/prober.ts';
import { httpPort } from '../objects/echo-backend.ts';
import { routeObject } from '../objects/gateway-objects.ts';
import type { SuiteContext } from '../suite.ts';
import { milliseconds, summarize } from './durations.ts';
import { type Site, withSite } from './site.ts';

const routes = 3_000;
/** The first and the last of them are compared: what a route costs must not grow with their number. */
const sample = 300;
const everyMs = 5;
const limitMs = 10_000;

interface Live {
  /** From sending the apply to the first 200. */
  readonly sinceSentMs: number;
  /** From the API server's answer: what of it is not the API server's. */
  readonly sinceStoredMs: number;
  /** Other than the 404 that a host without route gets. */
  readonly wrong: ReadonlyMap<string, number>;
}

/** 3,000 routes one by one, each asked for every 5 ms from its apply to its first 200; before that only 404 will do. */
export async function liveAfter(context: SuiteContext): Promise<void> {
  await withSite(context, 'e2e-churn-live', 1, async (site) => {
    const prober = new Prober(site.address, site.port);
    const lives: Live[] = [];
    try {
      for (let i = 0; i < routes; i++) {
        lives.push(await live(context.cluster, site, prober, `route-${i}`));
        if (i % 500 === 499) context.progress(`  ${i + 1} routes`);
      }
    } finally {
      prober.close();
    }
    judge(context, lives);
  });
}

async function live({ api }: Cluster, site: Site, prober: Prober, name: string): Promise<Live> {
  const { namespace, gateway, services } = site;
  const hostname = `${name}.example.com`;
  const service = services[0]!;
  const sentMs = performance.now();
  const route = routeObject({ kind: 'HTTPRoute', namespace, name, gateway, hostname, service, port: httpPort });
  const stored = api.apply(route).then(() => performance.now());
  const { atMs, before } = await prober.until(hostname, everyMs, limitMs, ({ status }) => status === 200);
  const storedMs = await stored;
  if (atMs === null) throw new Error(`${name} is not live after ${limitMs / 1_000} s`);
  const wrong = new Map([...before].filter(([seen]) => seen !== '404'));
  return { sinceSentMs: atMs - sentMs, sinceStoredMs: Math.max(0, atMs - storedMs), wrong };
}

function judge({ checks }: SuiteContext, lives: readonly Live[]): void {
  const first = lives.slice(0, sample);
  const last = lives.slice(-sample);
  for (const [name, part] of Object.entries({ first, last })) {
    const sent = part.map(({ sinceSentMs }) => sinceSentMs);
    const stored = part.map(({ sinceStoredMs }) => sinceStoredMs);
    checks.figure(`live: ${name} ${sample} of ${routes} routes, ms from apply to first 200`, milliseconds(sent));
    checks.figure(`live: ${name} ${sample}, ms from the API server's answer`, milliseconds(stored));
    const { p50, p99 } = summarize(sent);
    checks.expect(`live: ${name} ${sample} routes, p50 ≤ 30 ms`, p50 <= 30, `${p50} ms`);
    checks.expect(`live: ${name} ${sample} routes, p99 ≤ 100 ms`, p99 <= 100, `${p99} ms`);
  }
  const wrong = lives.flatMap(({ wrong }) => [...wrong].map(([seen, count]) => `${count} × ${seen}`));
  checks.expect('live: nothing but 404 before the first 200', wrong.length === 0, wrong.slice(0, 5).join(', '));
}
