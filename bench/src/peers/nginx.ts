import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureTool, proxyCpu, StartedProcess } from '@fairlead/e2e';
import type { Site, SiteRoute } from '../site.ts';
import { byHost, type Peer } from './peer.ts';

export const nginx: Peer = {
  name: 'nginx',
  async start(site, directory) {
    const binary = ensureTool('nginx', console.error);
    const process = StartedProcess.start(proxyCpu, binary, ['-c', writeConfig(site, directory)]);
    await process.listening(site.port);
    return process;
  },
  async reload(site, directory, process) {
    writeConfig(site, directory);
    process.signal('SIGHUP');
  },
};

function writeConfig(site: Site, directory: string): string {
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, nginxConfig(`worker_processes 1;`, directory, httpBlock(site, directory)));
  return file;
}

/** A whole configuration with all its paths under `directory`. */
export function nginxConfig(main: string, directory: string, http: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${directory}/${kind};`)
    .join(' ');
  mkdirSync(directory, { recursive: true });
  // Started by root it would become another user, who may not enter the scratch directory.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  return `${main} ${user} daemon off; pid ${directory}/nginx.pid; error_log ${directory}/error.log;
events { worker_connections 16384; }
http {
  ${temporary}
  keepalive_requests 100000000; keepalive_timeout 300s; server_names_hash_max_size 32768; server_names_hash_bucket_size 128;
  ${http}
}
`;
}

function httpBlock(site: Site, directory: string): string {
  const log = site.accessLog ? `access_log ${directory}/access.log combined buffer=64k flush=1s;` : 'access_log off;';
  const upstreams = [...site.pools].map(([name, addresses]) => upstream(site, name, addresses)).join('\n  ');
  const servers = [...byHost(site.routes)].map(([host, routes]) => {
    const locations = routes.map((route) => location(site, route)).join(' ');
    return `server { ${listen(site)} server_name ${host}; ${locations} }`;
  });
  return `${log}
  client_max_body_size 0; proxy_request_buffering off; proxy_http_version 1.1; proxy_set_header Connection "";
  proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Request-Id $request_id; proxy_max_temp_file_size 0;
  ${site.protect ? 'proxy_next_upstream error timeout http_502 http_503; proxy_next_upstream_tries 2; proxy_connect_timeout 1s; proxy_read_timeout 1s;' : ''}
  ${upstreams}
  ${servers.join('\n  ')}`;
}

function location({ grpc }: Site, { path, pool, responseHeader }: SiteRoute): string {
  const header = responseHeader === undefined ? '' : ` add_header ${responseHeader[0]} "${responseHeader[1]}";`;
  const pass = grpc ? `grpc_pass grpc://${pool};` : `proxy_pass http://${pool};`;
  return `location ${path} { ${pass}${header} }`;
}

function upstream(site: Site, name: string, addresses: readonly string[]): string {
  const fail = site.protect ? ' max_fails=5 fail_timeout=10s' : '';
  const servers = addresses.map((address) => `server ${address}${fail};`).join(' ');
  const balance = site.protect ? 'least_conn; ' : '';
  return `upstream ${name} { ${balance}${servers} keepalive 128; keepalive_requests 100000000; }`;
}

function listen(site: Site): string {
  const http2 = site.downstream === 'http2' ? ' http2' : '';
  if (site.tls === null) return `listen 127.0.0.1:${site.port}${http2};`;
  return `listen 127.0.0.1:${site.port} ssl${http2}; ssl_certificate ${site.tls.cert}; ssl_certificate_key ${site.tls.key};`;
}
