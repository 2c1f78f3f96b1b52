import { openLoop, percentile } from '../../open-loop.ts';
import { sum } from '../clients/one-connection.ts';
import { Prober } from '../clients/prober.ts';
import { fairleadLogs } from '../installation/fairlead.ts';
import { httpPort } from '../objects/echo-backend.ts';
import { routeObject } from '../objects/gateway-objects.ts';
import type { SuiteContext } from '../suite.ts';
import type { Fault, FaultSite } from './fault.ts';

const requestsPerSecond = 100;
const limitSeconds = 300;

/** Under load: the fault strikes, a route is made when it is over, and the log is read. Keeps serving, recovers, says so. */
export async function suffer(context: SuiteContext, fault: Fault, site: FaultSite): Promise<void> {
  const { checks, cluster } = context;
  const { name, said, recoversWithinMs } = fault;
  const since = new Date();
  const end = new AbortController();
  const load = openLoop({ ...site.target, path: '/', requestsPerSecond, seconds: limitSeconds, signal: end.signal });
  try {
    await fault.strike(context, site);
    const liveMs = await newRouteLiveAfter(context, fault, site);
    const seen = liveMs === null ? 'never' : `${Math.round(liveMs)} ms`;
    checks.expect(`${name}: a new route is live ≤ ${recoversWithinMs / 1_000} s after it`, liveMs !== null, seen);
    checks.figure(`${name}: ms until a new route is live`, Math.round(liveMs ?? -1));
  } finally {
    end.abort();
  }
  const run = await load;
  const failed = sum(run.failures.values());
  checks.expect(
    `${name}: keeps serving`,
    failed === 0,
    `${failed} of ${run.sent} failed, p99 ${percentile(run.latencies, 99).toFixed(1)} ms`,
  );
  if (said !== null) {
    const line = (await fairleadLogs(cluster, since)).split('\n').find((line) => said.test(line));
    checks.expect(`${name}: the log says so`, line !== undefined, line?.slice(0, 200) ?? `nothing like ${said}`);
  }
}

/** Null when it is not live in time. */
async function newRouteLiveAfter(
  { cluster }: SuiteContext,
  { name, recoversWithinMs }: Fault,
  { namespace, gateway, service, target }: FaultSite,
): Promise<number | null> {
  const hostname = `after-${name}.example.com`;
  const prober = new Prober(target.address, target.port);
  const startMs = performance.now();
  await cluster.api.apply(
    routeObject({ kind: 'HTTPRoute', namespace, name: `after-${name}`, gateway, hostname, service, port: httpPort }),
  );
  const { atMs } = await prober.until(hostname, 20, recoversWithinMs, ({ status }) => status === 200);
  prober.close();
  return atMs === null ? null : atMs - startMs;
}
