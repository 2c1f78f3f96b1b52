import { describe, expect, it } from 'vitest';
import { requestBodyCases } from './request-body.cases.ts';
import { requestHeadCases } from './request-head.cases.ts';
import { cuts, describeReading, readRequests } from './transcript.ts';

const requestCases = [...requestHeadCases, ...requestBodyCases];

describe('RequestParser', () => {
  it.each(requestCases)('$name', ({ raw, want, limits, scheme }) => {
    const bytes = Buffer.from(raw, 'latin1');
    for (const pieces of cuts(bytes)) {
      const got = describeReading(readRequests(pieces, limits, scheme));
      if (got !== want) expect(`${got} (cut behind ${pieces[0]!.length} of ${bytes.length})`).toBe(want);
    }
    expect(describeReading(readRequests([bytes], limits, scheme))).toBe(want);
  });

  it('is measured by a table of some size, without doubles', () => {
    expect(requestCases.length).toBeGreaterThan(200);
    expect(new Set(requestCases.map(({ name }) => name)).size).toBe(requestCases.length);
  });
});
