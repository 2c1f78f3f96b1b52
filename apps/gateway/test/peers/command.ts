import { spawn } from 'node:child_process';

export interface CommandResult {
  readonly code: number | null;
  /** latin1: one character per octet. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of the system to its end; killed after 10 s. */
export async function run(
  program: string,
  args: readonly string[],
  input: string | Buffer = '',
): Promise<CommandResult> {
  const child = spawn(program, args, { timeout: 10_000, killSignal: 'SIGKILL' });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
  child.stderr.on('data', (bytes: Buffer) => err.push(bytes));
  // A program may end without having read its input.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, stdout: Buffer.concat(out).latin1Slice(), stderr: Buffer.concat(err).latin1Slice() };
}
