import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { goToolsAtHand } from './go-tools.ts';
import { runH2spec } from './h2spec.ts';

/** Every case of h2spec 2.2.1. */
const cases = 146;
/** Its build is most of it, where nothing is cached. */
const timeoutMs = 240_000;

function canRun(): boolean {
  const atHand = goToolsAtHand(['h2spec']);
  if (!atHand)
    console.warn('h2spec can not be built without Go 1.26: it is left out; npm run interop -- h2spec installs it');
  return atHand;
}

// One of the four configurations that `npm run interop -- h2spec` runs.
describe.skipIf(!canRun())('h2spec, strict', () => {
  it('passes whole in cleartext', { timeout: timeoutMs }, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'fairlead-h2spec-'));
    try {
      const results = await runH2spec({ directory, only: ['cleartext-http1'], requests: 0, progress: () => {} });
      expect(results.filter((result) => result.outcome !== 'passed')).toEqual([]);
      expect(results).toHaveLength(cases);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
