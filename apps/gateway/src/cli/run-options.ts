import { isIP } from 'node:net';
import { availableParallelism, hostname } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { StatusTarget } from '../control/status-output.ts';
import { type LogLevel, logLevels } from '../observe/log.ts';
import { type AccessLogTarget, defaultSettings, type Settings } from '../settings.ts';

/** What `fairlead run` was asked to do. */
export interface RunOptions {
  readonly source: RunSource;
  readonly settings: Settings;
  readonly admin: AdminAddress;
  readonly logLevel: LogLevel;
  readonly status: StatusTarget | null;
  /** Log JSON lines at a terminal too. */
  readonly json: boolean;
}

/** What is served: a directory of manifests, or a cluster. */
type RunSource = { readonly from: 'directory'; readonly directory: string } | ClusterOptions;

export interface ClusterOptions {
  readonly from: 'cluster';
  /** Null: found as kubectl does, or the pod's own. */
  readonly kubeconfig: string | null;
  readonly context: string | null;
  /** Of this replica and its fleet; null: the one of the credentials. */
  readonly namespace: string | null;
  readonly podName: string;
  /** Name of the installation: the pods' label app.kubernetes.io/instance. */
  readonly fleet: string;
  readonly clusterDomain: string;
  /** See `ServiceSettings`. */
  readonly externalTrafficPolicy: 'Cluster' | 'Local';
  readonly loadBalancerClass: string | null;
  readonly allowLocalEndpoints: boolean;
  /** Internal port by the listener port that nodes open for it. */
  readonly hostPorts: ReadonlyMap<number, number>;
  /** Of Gateways that no load balancer has given one. */
  readonly addresses: readonly string[];
}

export interface AdminAddress {
  readonly host: string;
  readonly port: number;
}

export const runUsage: string = `usage: fairlead run [--from DIR] [OPTIONS]

Serves the Gateways of a Kubernetes cluster, or of a directory of manifests, and follows every change.

  --from DIR               manifests: *.yaml, *.yml, *.json, also in sub-directories; without it, the cluster is
                           the one of --kubeconfig, of $KUBECONFIG, of this pod, or of ~/.kube/config
  --kubeconfig FILE        how to reach the cluster
  --context NAME           of the kubeconfig (default: its current one)
  --namespace NAME         where this gateway runs (default: $POD_NAMESPACE, or the one of the credentials)
  --pod-name NAME          what this replica is called (default: $POD_NAME, or the host's name)
  --fleet NAME             the installation: label app.kubernetes.io/instance of its pods (default: fairlead)
  --traffic-policy POLICY  Cluster, or Local to keep clients' addresses: of the Services of Gateways (default: Cluster)
  --load-balancer-class C  of the Services of Gateways (default: the cluster's)
  --cluster-domain DOMAIN  of names of Services (default: cluster.local)
  --host-ports PAIRS       ports that every node opens, by listener port, e.g. 80:20080,443:20443 (default: none)
  --addresses LIST         addresses of Gateways that no load balancer gives one, separated by commas (default: none)
  --allow-local-endpoints  in a cluster, send requests to loopback, link-local and metadata addresses too
  --workers N              threads that serve requests (default: one per CPU)
  --admin HOST:PORT        admin API (default: 127.0.0.1:9901)
  --access-log TARGET      off, stdout or a file that is appended to (default: stdout)
  --log-level LEVEL        ${logLevels.join(', ')} (default: info); the log goes to stderr
  --status FILE|-          write the statuses a cluster would show, to a file or stdout, whenever they change
  --trusted-proxies CIDRS  peers whose X-Forwarded-* are believed, separated by commas (default: none)
  --drain-grace SECONDS    on SIGTERM, go on accepting this long with readiness false (default: ${defaultSettings.drain.graceMs / 1_000})
  --drain-timeout SECONDS  then let requests finish this long (default: ${defaultSettings.drain.deadlineMs / 1_000})
  --expose-reason          add x-fairlead-reason to answers made by the gateway
  --json                   write the log as JSON lines at a terminal too; elsewhere it always is
  --help
`;

const options = {
  from: { type: 'string' },
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
  namespace: { type: 'string' },
  'pod-name': { type: 'string' },
  fleet: { type: 'string' },
  'traffic-policy': { type: 'string' },
  'load-balancer-class': { type: 'string' },
  'cluster-domain': { type: 'string' },
  'host-ports': { type: 'string' },
  addresses: { type: 'string' },
  'allow-local-endpoints': { type: 'boolean' },
  workers: { type: 'string' },
  admin: { type: 'string', default: '127.0.0.1:9901' },
  'access-log': { type: 'string', default: 'stdout' },
  'log-level': { type: 'string', default: 'info' },
  status: { type: 'string' },
  'trusted-proxies': { type: 'string', default: '' },
  'drain-grace': { type: 'string' },
  'drain-timeout': { type: 'string' },
  'expose-reason': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** A flag that can't be used, with what is allowed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Null when help was asked for. Throws `UsageError`. */
export function parseRunOptions(args: readonly string[], env: NodeJS.ProcessEnv): RunOptions | null {
  const flags = parseFlags(args);
  if (flags.help) return null;
  return {
    source: toSource(flags, env),
    admin: toAddress(flags.admin),
    logLevel: toLogLevel(flags['log-level']),
    json: flags.json,
    status: flags.status === undefined ? null : toStatusTarget(flags.status),
    settings: {
      ...defaultSettings,
      workers: toWorkers(flags.workers),
      accessLog: toAccessLog(flags['access-log']),
      exposeReason: flags['expose-reason'],
      debugHooks: env.FAIRLEAD_DEBUG_HOOKS === '1',
      downstream: { ...defaultSettings.downstream, trustedProxies: toCidrs(flags['trusted-proxies']) },
      drain: {
        graceMs: toMs('--drain-grace', flags['drain-grace'], defaultSettings.drain.graceMs),
        deadlineMs: toMs('--drain-timeout', flags['drain-timeout'], defaultSettings.drain.deadlineMs),
      },
    },
  };
}

type Flags = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

function parseFlags(args: readonly string[]): Flags {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function toSource(flags: Flags, env: NodeJS.ProcessEnv): RunSource {
  if (flags.from === '') throw new UsageError('--from: which directory holds the manifests?');
  if (flags.from !== undefined) {
    const other = clusterFlags.find((flag) => flags[flag] !== undefined);
    if (other !== undefined) throw new UsageError(`--from and --${other}: choose a directory or a cluster`);
    return { from: 'directory', directory: resolve(flags.from) };
  }
  return {
    from: 'cluster',
    kubeconfig: flags.kubeconfig === undefined ? null : resolve(flags.kubeconfig),
    context: flags.context ?? null,
    namespace: flags.namespace ?? (env.POD_NAMESPACE || null),
    podName: flags['pod-name'] ?? (env.POD_NAME || hostname()),
    fleet: toFleet(flags.fleet ?? 'fairlead'),
    clusterDomain: flags['cluster-domain'] ?? 'cluster.local',
    externalTrafficPolicy: toTrafficPolicy(flags['traffic-policy']),
    loadBalancerClass: flags['load-balancer-class'] || null,
    allowLocalEndpoints: flags['allow-local-endpoints'] ?? false,
    hostPorts: toHostPorts(flags['host-ports']),
    addresses: toList(flags.addresses ?? '').map(checkedAddress),
  };
}

const clusterFlags = [
  'kubeconfig',
  'context',
  'namespace',
  'pod-name',
  'fleet',
  'traffic-policy',
  'load-balancer-class',
  'cluster-domain',
  'host-ports',
  'addresses',
  'allow-local-endpoints',
] as const;

/** A label's value, and part of the name of a Lease. */
function toFleet(text: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$/.test(text)) return text;
  throw new UsageError(`--fleet ${text}: must be up to 53 small letters, digits and dashes`);
}

function toTrafficPolicy(text: string = 'Cluster'): 'Cluster' | 'Local' {
  if (text === 'Cluster' || text === 'Local') return text;
  throw new UsageError(`--traffic-policy ${text}: must be Cluster or Local`);
}

/** `internalPorts` of @fairlead/kube, which is not loaded to parse flags. */
export const portsOfGateways: { readonly first: number; readonly last: number } = { first: 20_000, last: 29_999 };

function toHostPorts(text: string = ''): ReadonlyMap<number, number> {
  const pairs = toList(text).map((pair) => pair.split(':').map(Number));
  const internals = new Set(pairs.map(([, internal]) => internal));
  const ports = new Map(pairs.map(([port = 0, internal = 0]) => [port, internal]));
  const { first, last } = portsOfGateways;
  const isGood = ([port = 0, internal = 0, ...more]: readonly number[]): boolean =>
    Number.isInteger(port) && port >= 1 && port <= 65_535 && internal >= first && internal <= last && more.length === 0;
  if (pairs.every(isGood) && ports.size === pairs.length && internals.size === pairs.length) return ports;
  throw new UsageError(
    `--host-ports ${text}: must be pairs of different ports like 80:20080, the second from ${first} to ${last}`,
  );
}

function checkedAddress(address: string): string {
  if (isIP(address) !== 0 || /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(address)) return address;
  throw new UsageError(`--addresses ${address}: must be an IP address or a name`);
}

function toList(text: string): readonly string[] {
  return text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
}

/** Where ports can't be shared between threads there is one worker. */
function toWorkers(text: string | undefined): number {
  if (text === undefined) return canSharePorts ? availableParallelism() : 1;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > maxWorkers) {
    throw new UsageError(`--workers ${text}: must be a whole number from 1 to ${maxWorkers}`);
  }
  if (count > 1 && !canSharePorts) throw new UsageError(`--workers ${text}: this platform can run one worker only`);
  return count;
}

const maxWorkers = 63;

/** Linux balances connections between sockets on one port; macOS has the option but gives all to the last, Windows lacks it. */
export const canSharePorts: boolean = process.platform === 'linux';

function toAddress(text: string): AdminAddress {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new UsageError(`--admin ${text}: must be HOST:PORT, e.g. 127.0.0.1:9901 or [::1]:9901`);
  }
  return { host: (match[1] ?? match[2])!, port };
}

function toLogLevel(text: string): LogLevel {
  const level = logLevels.find((known) => known === text);
  if (level === undefined) throw new UsageError(`--log-level ${text}: must be one of ${logLevels.join(', ')}`);
  return level;
}

function toAccessLog(text: string): AccessLogTarget {
  if (text === '') throw new UsageError('--access-log: must be off, stdout or a file');
  return text === 'off' || text === 'stdout' ? { to: text } : { to: 'file', path: resolve(text) };
}

function toStatusTarget(text: string): StatusTarget {
  if (text === '') throw new UsageError('--status: must be a file, or - for stdout');
  return text === '-' ? { to: 'stdout' } : { to: 'file', path: resolve(text) };
}

function toCidrs(text: string): readonly string[] {
  return toList(text).map(checkedCidr);
}

function checkedCidr(cidr: string): string {
  const [address = '', bits] = cidr.split('/');
  const family = isIP(address);
  const known = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32));
  if (family === 0 || !known)
    throw new UsageError(`--trusted-proxies ${cidr}: must be an IP address or a CIDR like 10.0.0.0/8`);
  return cidr;
}

function toMs(flag: string, text: string | undefined, fallbackMs: number): number {
  if (text === undefined) return fallbackMs;
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds >= 0 && seconds <= 86_400)) {
    throw new UsageError(`${flag} ${text}: must be seconds from 0 to 86400`);
  }
  return seconds * 1_000;
}
