import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { proxyCpu, StartedProcess } from '@fairlead/e2e';
import type { Peer } from './peer.ts';

/** The stock way to proxy in Node. It has no table of hosts: it serves the last route only, which is to its advantage. */
export const fastifyHttpProxy: Peer = {
  name: '@fastify/http-proxy',
  async start(site, directory) {
    const file = join(directory, 'site.json');
    const upstream = site.pools.get(site.routes.at(-1)!.pool)![0]!;
    const log = site.accessLog ? join(directory, 'access.log') : '';
    writeFileSync(file, JSON.stringify({ port: site.port, tls: site.tls, upstream, log }));
    const server = join(import.meta.dirname, 'fastify-http-proxy-server.ts');
    const started = StartedProcess.start(proxyCpu, process.execPath, [server, file]);
    await started.listening(site.port);
    return started;
  },
};
