import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadDirectory } from './load-directory.ts';
import { makeFolder } from './test-kit.ts';

/** Every `testdata/<case>.in.yaml` is complained of as in `<case>.out.txt`; `UPDATE_GOLDENS=1` writes the latter anew. */
const directory = join(import.meta.dirname, 'testdata');
const cases = readdirSync(directory).flatMap((file) => /^(.+)\.in\.yaml$/.exec(file)?.[1] ?? []);

describe('what is said of wrong manifests', () => {
  it.each(cases)('%s', (name) => {
    const folder = makeFolder({ 'in.yaml': readFileSync(join(directory, `${name}.in.yaml`), 'utf8') });
    const { problems, state, slices } = loadDirectory(folder);
    const lines = problems.map(({ line, object, field, message, severity }) => {
      const about = [object, field].filter((part) => part !== '').join(' ');
      return `${line} ${severity}: ${about}${about === '' ? '' : ': '}${message}\n`;
    });
    const used = [...Object.values(state), slices].flatMap((map) => [...map.keys()]);
    const text = `${lines.join('')}\nused: ${used.join(', ')}\n`;
    const golden = join(directory, `${name}.out.txt`);
    if (process.env.UPDATE_GOLDENS) writeFileSync(golden, text);
    expect(text).toBe(readFileSync(golden, 'utf8'));
  });

  it('has no golden without a case', () => {
    const goldens = readdirSync(directory).flatMap((file) => /^(.+)\.out\.txt$/.exec(file)?.[1] ?? []);
    expect(goldens).toEqual(cases);
  });
});
