import { join } from 'node:path';
import type { Output } from '../command.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in this process and keeps what it writes. Paths of the fixtures are shortened to their folder's name. */
export async function runCommand(
  command: (args: readonly string[], output: Output) => Promise<number>,
  args: readonly string[],
  isTerminal: boolean = false,
): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const code = await command(args, {
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    isTerminal,
  });
  return { code, stdout: shortened(stdout), stderr: shortened(stderr) };
}

const testdata = join(import.meta.dirname, '../testdata');

export function fixture(name: string): string {
  return join(testdata, name);
}

function shortened(text: string): string {
  return text.replaceAll(`${testdata}/`, '');
}
