import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { probePort } from '../../src/control/bind-gate.ts';

const main = resolve(import.meta.dirname, '../../src/main.ts');

export interface StartOptions {
  /** Objects by file name. */
  readonly files: Readonly<Record<string, readonly object[]>>;
  readonly flags?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Default true. */
  readonly waitUntilReady?: boolean;
}

/** A gateway as a user runs it: the command line in a process of its own, on a directory of manifests. */
export class GatewayUnderTest {
  readonly directory: string;
  readonly adminPort: number;
  /** Everything it wrote to stderr. */
  log: string = '';
  /** Everything it wrote to stdout. */
  output: string = '';
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | null>;

  private constructor(directory: string, adminPort: number, options: StartOptions) {
    this.directory = directory;
    this.adminPort = adminPort;
    const { flags = [], env = {} } = options;
    const args = ['run', '--from', directory, '--admin', `127.0.0.1:${adminPort}`, '--access-log', 'off', ...flags];
    this.#child = spawn(process.execPath, [main, ...args], { env: { ...process.env, ...env } });
    this.#child.stderr!.on('data', (data: Buffer) => {
      this.log += data.toString();
    });
    this.#child.stdout!.on('data', (data: Buffer) => {
      this.output += data.toString();
    });
    this.#exit = new Promise((resolve) => this.#child.once('exit', resolve));
  }

  static async start(options: StartOptions): Promise<GatewayUnderTest> {
    const directory = mkdtempSync(join(tmpdir(), 'fairlead-test-'));
    const gateway = new GatewayUnderTest(directory, await freePort(), options);
    for (const [name, objects] of Object.entries(options.files)) gateway.write(name, objects);
    if (!(options.waitUntilReady ?? true)) return gateway;
    // Nobody else can end one that did not start.
    await gateway.untilReady().catch(async (error: unknown) => {
      await gateway.cleanUp();
      throw error;
    });
    return gateway;
  }

  /** Puts a file in place in one step, as careful tools do. */
  write(name: string, objects: readonly object[]): void {
    this.writeText(name, objects.map((object) => `---\n${stringify(object)}`).join(''));
  }

  writeText(name: string, text: string): void {
    const file = join(this.directory, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.tmp`, text);
    renameSync(`${file}.tmp`, file);
  }

  async admin(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.adminPort}${path}`);
  }

  /** Of a series without labels; NaN when there is none. */
  async metric(name: string): Promise<number> {
    const text = await (await this.admin('/metrics')).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  }

  async untilReady(): Promise<void> {
    await until(
      'the gateway is ready',
      async () => (await this.admin('/readyz')).ok,
      () => this.log,
    );
  }

  /** How long from a signal to the end, and the exit code. */
  async end(signal: NodeJS.Signals): Promise<{ readonly code: number | null; readonly tookMs: number }> {
    const startedMs = performance.now();
    this.signal(signal);
    return { code: await this.#exit, tookMs: performance.now() - startedMs };
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** For afterEach: whatever happened, nothing is left. */
  async cleanUp(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Polls every 5 ms; fails after 10 s with `detail`. */
export async function until(
  what: string,
  check: () => Promise<boolean> | boolean,
  detail: () => string = () => '',
): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    if (await Promise.resolve(check()).catch(() => false)) return;
    await sleep(5);
  }
  throw new Error(`waited 10 s for: ${what}\n${detail()}`);
}

/**
 * A port that nobody listens on. Not one that the system hands out: those are also given to the connections and servers of other tests, so
 * that one could be gone again before it is used.
 */
export async function freePort(): Promise<number> {
  const port = 10_000 + randomInt(20_000);
  return (await probePort('127.0.0.1', port)) === null ? port : freePort();
}
