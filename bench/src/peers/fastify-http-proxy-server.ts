import { readFileSync } from 'node:fs';
import proxy from '@fastify/http-proxy';
import fastify, { type FastifyInstance } from 'fastify';

// Started as a process of its own: `fastify-http-proxy-server.ts SITE.json`.
interface Site {
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly upstream: string;
  /** '' for none. */
  readonly log: string;
}

const site = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as Site;
const logger = site.log === '' ? false : { file: site.log };
const app = create();
await app.register(proxy, {
  upstream: `http://${site.upstream}`,
  disableRequestLogging: site.log === '',
  undici: { connections: 128, pipelining: 1 },
  replyOptions: {
    rewriteRequestHeaders: (request, headers) => {
      headers['x-forwarded-for'] = request.ip;
      headers['x-forwarded-proto'] = request.protocol;
      return headers;
    },
  },
});
await app.listen({ port: site.port, host: '127.0.0.1' });

function create(): FastifyInstance {
  if (site.tls === null) return fastify({ logger });
  const https = { cert: readFileSync(site.tls.cert), key: readFileSync(site.tls.key) };
  return fastify({ logger, https }) as unknown as FastifyInstance;
}
