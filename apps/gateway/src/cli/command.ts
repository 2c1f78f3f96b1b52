import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { UsageError } from './run-options.ts';

/** Where a command writes. */
export interface Output {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Colours are welcome on stdout. */
  readonly isTerminal: boolean;
}

export const processOutput: Output = {
  stdout: writeToStdout,
  stderr: (text) => void process.stderr.write(text),
  // https://no-color.org
  isTerminal: process.stdout.isTTY === true && !process.env.NO_COLOR,
};

function writeToStdout(text: string): void {
  // `fairlead routes DIR | head`: who reads has seen enough.
  process.stdout.once('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  process.stdout.write(text);
}

/** Flags every command has. */
export const commonOptions = {
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/**
 * A command around its body: `--help`, wrong flags, and failures that are nobody's bug. Resolves with the exit code: 0 good, 1 what was
 * asked about is not good or could not be had, 2 wrong use.
 */
export async function guarded(usage: string, output: Output, body: () => Promise<number>): Promise<number> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof HelpWanted) {
      output.stdout(usage);
      return 0;
    }
    if (error instanceof UsageError) {
      output.stderr(`${error.message}\n\n${usage}`);
      return 2;
    }
    if (error instanceof CommandError) {
      output.stderr(`${error.message}\n`);
      return 1;
    }
    throw error;
  }
}

/** `--help` was among the flags. */
class HelpWanted extends Error {
  override readonly name = 'HelpWanted';
}

/** What was asked for can't be had; the message is for people. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** Throws `UsageError` on flags it does not know and on a number of positionals other than the `names` to be had. */
export function parseFlags<T extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: T,
  names: readonly string[],
): ReturnType<typeof parseArgs<{ options: T; allowPositionals: true }>> {
  const parsed = parse(args, options);
  if ((parsed.values as { readonly help?: boolean }).help) throw new HelpWanted();
  const missing = names[parsed.positionals.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing`);
  const extra = parsed.positionals[names.length];
  if (extra !== undefined) throw new UsageError(`unexpected argument "${extra}"`);
  return parsed;
}

function parse<T extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: T,
): ReturnType<typeof parseArgs<{ options: T; allowPositionals: true }>> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
