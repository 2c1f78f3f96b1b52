import { spawn } from 'node:child_process';
import { ensureTool, loadCpu } from '@fairlead/e2e';

export interface WrkRun {
  readonly requests: number;
  /** Answers other than 2xx and 3xx, and socket errors. */
  readonly failures: number;
}

export interface WrkOptions {
  readonly url: string;
  /** Sent as Host. */
  readonly host: string;
  readonly connections: number;
  readonly seconds: number;
}

/** What a browser sends: 9 fields, about 460 octets. */
const headers: readonly string[] = [
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
  'Accept: application/json, text/plain, */*',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-US,en;q=0.9',
  'Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=1',
  'Referer: https://app.example.com/dashboard',
  'X-Request-Id: 0d9f1b4e-5b0c-4a54-a9b1-2e7b6b7f1c11',
];

/** Closed loop: as fast as the target answers. Good for CPU per request, not for latency. */
export async function wrk(options: WrkOptions): Promise<WrkRun> {
  const { url, host, connections, seconds } = options;
  const sent = [...headers, `Host: ${host}`].flatMap((header) => ['-H', header]);
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, ...sent, url];
  const output = await run('taskset', ['-c', String(loadCpu), ensureTool('wrk', console.error), ...args]);
  const count = (pattern: RegExp): number => Number(pattern.exec(output)?.[1] ?? 0);
  const socketErrors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(output);
  const broken = socketErrors === null ? 0 : socketErrors.slice(1).reduce((sum, n) => sum + Number(n), 0);
  return { requests: count(/(\d+) requests in/), failures: count(/Non-2xx or 3xx responses: (\d+)/) + broken };
}

async function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
    });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve(output) : reject(new Error(`${command} failed:\n${output}`))));
  });
}
