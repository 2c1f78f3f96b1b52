import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureTool, proxyCpu, StartedProcess } from '@fairlead/e2e';
import type { Site } from '../site.ts';
import type { Peer } from './peer.ts';

export const haproxy: Peer = {
  name: 'haproxy',
  async start(site, directory) {
    const binary = ensureTool('haproxy', console.error);
    const file = join(directory, 'haproxy.cfg');
    writeFileSync(join(directory, 'hosts.map'), mapOf(site));
    writeFileSync(file, config(site, directory));
    const process = StartedProcess.start(proxyCpu, binary, ['-db', '-f', file]);
    await process.listening(site.port);
    return process;
  },
};

/** HAProxy's own way to have many routes: one look-up of host and path by prefix. */
function mapOf(site: Site): string {
  return site.routes.map(({ host, path, pool }) => `${host}${path} ${pool}\n`).join('');
}

function config(site: Site, directory: string): string {
  const protect = site.protect
    ? 'retries 1\n  retry-on conn-failure empty-response response-timeout 503\n  option redispatch 1\n  timeout server 1s'
    : 'timeout server 60s';
  const check = site.protect ? ' observe layer7 error-limit 5 on-error mark-down check inter 2s' : '';
  const proto = site.upstream === 'h2c' ? ' proto h2' : '';
  const backends = [...site.pools].map(
    ([name, addresses]) =>
      `backend ${name}\n${site.protect ? '  balance leastconn\n' : ''}${addresses.map((address, i) => `  server s${i} ${address}${proto}${check}`).join('\n')}`,
  );
  return `global
  maxconn 8192
  nbthread 1
  log 127.0.0.1:9 local0
defaults
  mode http
  ${site.accessLog ? 'log global\n  option httplog' : ''}
  timeout connect 1s
  timeout client 60s
  ${protect}
  timeout http-keep-alive 60s
  option forwardfor
  http-reuse always
frontend site
  bind 127.0.0.1:${site.port}${bindTls(site, directory)}
  http-request set-header X-Forwarded-Proto ${site.tls === null ? 'http' : 'https'}
  use_backend %[base,map_beg(${directory}/hosts.map)]
${backends.join('\n')}
`;
}

function bindTls(site: Site, directory: string): string {
  if (site.tls === null) return site.downstream === 'http2' ? ' proto h2' : '';
  const file = join(directory, 'site.pem');
  writeFileSync(file, readFileSync(site.tls.cert, 'utf8') + readFileSync(site.tls.key, 'utf8'));
  return ` ssl crt ${file} alpn ${site.downstream === 'http2' ? 'h2' : 'http/1.1'}`;
}
