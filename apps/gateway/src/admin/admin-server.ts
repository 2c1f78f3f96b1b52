import { isIP } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { AdminAddress } from '../cli/run-options.ts';
import { type ProcessFacts, renderMetrics } from '../observe/prometheus.ts';
import type { AdminView } from './admin-view.ts';
import { endpointsPage } from './endpoints-page.ts';
import { explainPage } from './explain-page.ts';
import type { Page, Query } from './page.ts';
import { snapshotPage } from './snapshot-page.ts';

const pages: Readonly<Record<string, string>> = {
  '/livez': '200 while the process works',
  '/readyz': '200 while requests should be sent here, else 503 with the reasons',
  '/metrics': 'Prometheus text',
  '/debug/snapshot': 'the routing table that is served, without secrets',
  '/debug/endpoints': 'what is known of each endpoint; ?backend=namespace/service:port',
  '/debug/explain': 'where a request would go and why; ?method=GET&url=http://host/path&header=name: value',
};

/** The admin API: GET only, JSON but for the metrics. `close()` ends it with its connections. */
export function createAdminServer(view: AdminView): FastifyInstance {
  const server = fastify({ forceCloseConnections: true, routerOptions: { caseSensitive: true } });
  server.setNotFoundHandler(refuse);
  server.setErrorHandler((error: Error, _request, reply) => reply.code(500).send({ error: error.message }));
  server.get('/', async () => ({ pages }));
  server.get('/livez', async () => ({ status: 'alive' }));
  server.get('/readyz', (_request, reply) => {
    const reasons = view.notReady;
    const isReady = reasons.length === 0;
    reply.code(isReady ? 200 : 503).send(isReady ? { status: 'ready' } : { status: 'not ready', reasons });
  });
  server.get('/metrics', async (_request, reply) => {
    reply.type('text/plain; version=0.0.4; charset=utf-8');
    return joinInTurns(renderMetrics(view, processFacts()));
  });
  server.get('/debug/snapshot', async () => snapshotPage(view));
  server.get('/debug/endpoints', (request, reply) => sendPage(reply, endpointsPage(view, request.query as Query)));
  server.get('/debug/explain', (request, reply) => sendPage(reply, explainPage(view, request.query as Query)));
  return server;
}

/**
 * Starts the admin API; fails with the system's error when it can't listen. On a loopback address it answers only those who name it by an
 * address or as localhost: a web page must not reach it by a name of its own that resolves to 127.0.0.1. On any other address, where probes and
 * Prometheus come, what tells of routes and endpoints is for loopback peers alone: `kubectl port-forward` is one.
 */
export async function startAdmin(view: AdminView, { host, port }: AdminAddress): Promise<FastifyInstance> {
  const server = createAdminServer(view);
  server.addHook('onRequest', isLoopback(host) ? refuseForeignHosts : keepDebugAtHome);
  await server.listen({ host, port });
  return server;
}

function refuse(request: FastifyRequest, reply: FastifyReply): void {
  const path = request.url.split('?', 1)[0]!;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    reply
      .code(405)
      .header('allow', 'GET, HEAD')
      .send({ error: `${request.method} is not allowed: this API only answers questions` });
  } else reply.code(404).send({ error: `there is no ${path}`, pages });
}

function sendPage(reply: FastifyReply, page: Page): void {
  if ('body' in page) reply.send(page.body);
  else reply.code(page.status).send({ error: page.error });
}

async function refuseForeignHosts(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { hostname } = request;
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  if (bare === 'localhost' || isIP(bare) !== 0) return;
  await reply.code(403).send({ error: `the admin API does not answer for the host "${bare}"; use its address` });
}

async function keepDebugAtHome(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  // The route, not the URL: `/%64ebug` leads there too.
  if (!request.routeOptions.url?.startsWith('/debug')) return;
  const peer = (request.socket.remoteAddress ?? '').replace('::ffff:', '');
  if (isLoopback(peer)) return refuseForeignHosts(request, reply);
  const how = 'ask over loopback, in a cluster with kubectl port-forward';
  await reply.code(403).send({ error: `the pages under /debug are not for other machines; ${how}` });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

const turnMs = 5;

/** Lets the control thread do its work between parts. */
async function joinInTurns(parts: Iterable<string>): Promise<string> {
  let text = '';
  let begunMs = performance.now();
  for (const part of parts) {
    text += part;
    if (performance.now() - begunMs < turnMs) continue;
    await setImmediate();
    begunMs = performance.now();
  }
  return text;
}

function processFacts(): ProcessFacts {
  const { user, system } = process.cpuUsage();
  return {
    nodeVersion: process.version,
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
  };
}
