import { type Output, processOutput } from './command.ts';

interface Entry {
  readonly name: string;
  readonly summary: string;
  /** Loaded when asked for: `run` should not wait for what only `explain` needs. */
  readonly load: () => Promise<(args: readonly string[], output: Output) => Promise<number>>;
}

const entries: readonly Entry[] = [
  {
    name: 'run',
    summary: 'serve the Gateways of a cluster, or of a directory of manifests',
    load: async () => (await import('./run.ts')).run,
  },
  {
    name: 'check',
    summary: 'say what is wrong with a directory of manifests, with file and line',
    load: async () => (await import('./check.ts')).check,
  },
  {
    name: 'routes',
    summary: 'list what a directory of manifests routes',
    load: async () => (await import('./routes.ts')).routes,
  },
  {
    name: 'explain',
    summary: 'say where a request would go, and why',
    load: async () => (await import('./explain.ts')).explain,
  },
];

const usage = `usage: fairlead COMMAND [ARGUMENTS]

${entries.map(({ name, summary }) => `  ${name.padEnd(8)} ${summary}`).join('\n')}

fairlead COMMAND --help says more.
`;

/** The command line after the program's name. Resolves with the exit code. */
export async function main(args: readonly string[], output: Output = processOutput): Promise<number> {
  const [name = '', ...rest] = args;
  if (name === '--help' || name === '-h' || name === 'help') {
    output.stdout(usage);
    return 0;
  }
  const entry = entries.find((known) => known.name === name);
  if (entry === undefined) {
    output.stderr(name === '' ? usage : `there is no command "${name}"\n\n${usage}`);
    return 2;
  }
  return (await entry.load())(rest, output);
}
