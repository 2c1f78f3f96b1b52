import { execFileSync } from 'node:child_process';

/** Absolute paths, as the program asks for them, of the shared libraries that `program` is linked with, its loader among them. */
export function sharedLibraries(program: string): readonly string[] {
  const output = execFileSync('ldd', [program], { encoding: 'utf8' });
  return [...output.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path]) => path!);
}
