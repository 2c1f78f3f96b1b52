import { describe, expect, it } from 'vitest';
import { responseCases } from './response.cases.ts';
import { cuts, describeReading, readResponses } from './transcript.ts';

describe('ResponseParser', () => {
  it.each(responseCases)('$name', ({ raw, want, methods, closed }) => {
    const bytes = Buffer.from(raw, 'latin1');
    for (const pieces of cuts(bytes)) {
      const got = describeReading(readResponses(pieces, methods, closed));
      if (got !== want) expect(`${got} (cut behind ${pieces[0]!.length} of ${bytes.length})`).toBe(want);
    }
    expect(describeReading(readResponses([bytes], methods, closed))).toBe(want);
  });

  it('is measured by a table without doubles', () => {
    expect(new Set(responseCases.map(({ name }) => name)).size).toBe(responseCases.length);
  });
});
