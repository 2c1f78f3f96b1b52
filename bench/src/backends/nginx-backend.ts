import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureTool, loadCpu, StartedProcess } from '@fairlead/e2e';
import { nginxConfig } from '../peers/nginx.ts';
import { backendPort, h2cBackendPort } from '../site.ts';

/**
 * 1 KiB of JSON with a few ordinary headers on every path; uploads are read and answered; `/file` under `root` is served from disk. Over
 * HTTP/1.1 and, on a port of its own, h2c.
 */
export async function startBackend(directory: string, root: string = directory): Promise<StartedProcess> {
  const file = join(directory, 'backend.conf');
  const folder = join(directory, 'backend');
  writeFileSync(file, nginxConfig('worker_processes 1;', folder, httpBlock(root)));
  const process = StartedProcess.start(loadCpu, ensureTool('nginx', console.error), ['-c', file]);
  await process.listening(h2cBackendPort);
  return process;
}

function httpBlock(root: string): string {
  const text = JSON.stringify({ data: Array.from({ length: 55 }, () => '0123456789abcd'), ok: true }).padEnd(
    1_024,
    ' ',
  );
  return `access_log off; default_type application/json; http2_max_concurrent_streams 1000; client_body_buffer_size 1m; client_max_body_size 0; sendfile on;
  server {
    listen 127.0.0.1:${backendPort} backlog=4096; listen 127.0.0.1:${h2cBackendPort} http2 backlog=4096;
    location / { add_header Cache-Control "no-store"; add_header X-Backend "b1"; return 200 '${text}'; }
    location /file { root ${root}; }
    location /upload { proxy_pass http://127.0.0.1:${backendPort}/sink; proxy_request_buffering off; }
    location /sink { return 200 'done'; }
  }`;
}
