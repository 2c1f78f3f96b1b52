import { join } from 'node:path';
import { freePort } from '../gateway/free-port.ts';
import { gatewayObjects, routeObject, serviceObjects } from '../gateway/objects.ts';
import { runGateway, writeManifests } from '../gateway/run-gateway.ts';
import { runCommand } from '../run-command.ts';
import { StartedProcess } from '../started-process.ts';
import { makeCertificateFor, type TlsFiles } from '../tls-files.ts';
import { ensureGoTool } from './go-tools.ts';
import type { CaseResult, Suite, SuiteContext } from './suite.ts';

export const grpc: Suite = {
  name: 'grpc',
  summary:
    "gRPC's interop cases, Go client and server: directly, then through GRPCRoute and HTTPRoute, cleartext and TLS",
  run: runGrpc,
};

/** All that the client knows but those that need Google's cloud for credentials. */
const cases: readonly string[] = [
  'empty_unary',
  'large_unary',
  'client_streaming',
  'server_streaming',
  'ping_pong',
  'empty_stream',
  'timeout_on_sleeping_server',
  'cancel_after_begin',
  'cancel_after_first_response',
  'status_code_and_message',
  'special_status_message',
  'custom_metadata',
  'unimplemented_method',
  'unimplemented_service',
  'pick_first_unary',
  'orca_per_rpc',
  'orca_oob',
  'rpc_soak',
  'channel_soak',
];

/** The policy that hands load reports to the test; the client refuses these cases without it. */
const reportingPolicy = '{"loadBalancingConfig":[{"test_backend_metrics_load_balancer":{}}]}';
const soak = ['--soak_iterations=50', '--soak_overall_timeout_seconds=20'];
const timeoutMs = 60_000;
const host = 'interop.example.com';

interface Configuration {
  readonly name: string;
  readonly listener: string;
  readonly kind: 'GRPCRoute' | 'HTTPRoute';
  readonly tls: boolean;
  readonly port: number;
}

interface Client {
  readonly program: string;
  readonly port: number;
  readonly tls: TlsFiles | null;
}

async function runGrpc(context: SuiteContext): Promise<readonly CaseResult[]> {
  const program = await ensureGoTool('grpc-interop-client', context.progress);
  const serverPort = await freePort();
  const server = StartedProcess.start(null, await ensureGoTool('grpc-interop-server', context.progress), [
    `--port=${serverPort}`,
  ]);
  try {
    await server.listening(serverPort);
    context.progress('gRPC interop: directly …');
    const direct = await runCases('direct', cases, { program, port: serverPort, tls: null });
    return [...direct.map(asReference), ...(await throughGateway(direct, program, serverPort, context))];
  } finally {
    await server.stop();
  }
}

/** What the reference can't do says nothing about a gateway. */
function asReference(result: CaseResult): CaseResult {
  return result.outcome === 'failed' ? { ...result, outcome: 'skipped' } : result;
}

async function throughGateway(
  direct: readonly CaseResult[],
  program: string,
  serverPort: number,
  context: SuiteContext,
): Promise<readonly CaseResult[]> {
  const wanted = direct.filter((result) => result.outcome === 'passed').map((result) => result.name);
  const configurations = await allConfigurations();
  const tls = makeCertificateFor(host, context.directory);
  const directory = join(context.directory, 'manifests');
  writeManifests(directory, 'gateway.json', manifests(configurations, tls, serverPort));
  const flags = ['--workers', '1', '--access-log', 'off'];
  const gateway = await runGateway({ directory, adminPort: await freePort(), cpu: null, flags });
  try {
    const results: CaseResult[] = [];
    for (const { name, port, tls: secure } of configurations) {
      if (context.only.length > 0 && !context.only.includes(name)) continue;
      context.progress(`gRPC interop: ${name} …`);
      results.push(...(await runCases(name, wanted, { program, port, tls: secure ? tls : null })));
    }
    return results;
  } finally {
    await gateway.stop('SIGINT');
  }
}

async function allConfigurations(): Promise<readonly Configuration[]> {
  const kinds = [
    { name: 'cleartext-grpcroute', listener: 'cg', kind: 'GRPCRoute', tls: false },
    { name: 'cleartext-httproute', listener: 'ch', kind: 'HTTPRoute', tls: false },
    { name: 'tls-grpcroute', listener: 'tg', kind: 'GRPCRoute', tls: true },
    { name: 'tls-httproute', listener: 'th', kind: 'HTTPRoute', tls: true },
  ] as const;
  return Promise.all(kinds.map(async (kind) => ({ ...kind, port: await freePort() })));
}

function manifests(configurations: readonly Configuration[], tls: TlsFiles, serverPort: number): readonly object[] {
  const listeners = configurations.map(({ listener, port, tls }) => ({ name: listener, port, tls }));
  return [
    ...gatewayObjects(listeners, tls),
    ...serviceObjects({ name: 'interop', addresses: [`127.0.0.1:${serverPort}`], h2c: true }),
    ...configurations.map(({ listener, kind }) => routeObject(kind, listener, 'interop')),
  ];
}

async function runCases(
  configuration: string,
  names: readonly string[],
  client: Client,
): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  for (const name of names) {
    const { code, output } = await runCommand(client.program, clientArguments(name, client), timeoutMs);
    const failure = code === null ? `not done after ${timeoutMs / 1_000} s` : lastLine(output);
    results.push({ configuration, name, outcome: code === 0 ? 'passed' : 'failed', detail: code === 0 ? '' : failure });
  }
  return results;
}

function clientArguments(name: string, { port, tls }: Client): readonly string[] {
  const args = [`--test_case=${name}`, '--server_host=127.0.0.1', `--server_port=${port}`];
  if (tls !== null) {
    args.push('--use_tls=true', '--use_test_ca=true', `--ca_file=${tls.cert}`, `--server_host_override=${host}`);
  }
  if (name.startsWith('orca')) args.push(`--service_config_json=${reportingPolicy}`);
  return name.endsWith('soak') ? [...args, ...soak] : args;
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) ?? '';
}
