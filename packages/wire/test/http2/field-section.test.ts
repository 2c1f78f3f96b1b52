/** Field sections, good and bad, and what comes of them (RFC 9113 §8). */
import { type Field, RequestHead, ResponseHead } from '@fairlead/message';
import { describe, expect, it } from 'vitest';
import type { WireError } from '../../src/http1/wire-error.ts';
import { readRequestHead } from '../../src/http2/heads/request-head.ts';
import type { RequestRules } from '../../src/http2/heads/request-rules.ts';
import { readResponseHead } from '../../src/http2/heads/response-head.ts';
import { readTrailers } from '../../src/http2/heads/trailers.ts';
import { HeaderDecoder } from '../../src/http2/hpack/header-decoder.ts';
import type { FieldSectionCase } from './field-section-case.ts';
import { decoded, plain, rawBlock, roomy } from './raw-block.ts';
import { requestSectionCases } from './request-section.cases.ts';
import { responseSectionCases, trailerSectionCases } from './response-section.cases.ts';

const rules: RequestRules = { scheme: 'http', extendedConnect: true, maxTargetBytes: 40, allowUnderscores: false };

function describeRequest(read: RequestHead | WireError): string {
  if (!(read instanceof RequestHead)) return refusal(read);
  const { method, authority, path, scheme, fields, contentLength, trailersAccepted, expectContinue, upgrade } = read;
  return join([
    `${method} ${authority} ${path}`,
    scheme === 'https' ? scheme : '',
    contentLength < 0 ? '' : `length=${contentLength}`,
    texts(fields),
    trailersAccepted ? 'trailers' : '',
    expectContinue ? 'expects' : '',
    upgrade === '' ? '' : `upgrade=${upgrade}`,
  ]);
}

function describeResponse(read: ResponseHead | WireError): string {
  if (!(read instanceof ResponseHead)) return refusal(read);
  const { status, contentLength, fields } = read;
  return join([String(status), contentLength < 0 ? '' : `length=${contentLength}`, texts(fields)]);
}

function describeTrailers(read: Field[] | WireError): string {
  return Array.isArray(read) ? texts(read) : refusal(read);
}

function join(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

function texts(fields: readonly Field[]): string {
  return plain(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

function refusal({ status, code }: WireError): string {
  return `${status} ${code}`;
}

/** Names as text, values with and without indexing; then from the dynamic table, where a second reading must find the same. */
function eachWay(fields: FieldSectionCase['fields'], describe: (read: Field[]) => string, want: string): void {
  expect(describe(decoded(rawBlock(fields)))).toBe(want);
  expect(describe(decoded(rawBlock(fields, 0x10)))).toBe(want);
  const decoder = new HeaderDecoder(4_096, roomy);
  const literal = rawBlock(fields, 0x40);
  const indexed = Buffer.from(fields.map((_, i) => 0x80 | (61 + fields.length - i)));
  for (const block of [literal, indexed]) {
    expect(decoder.decode(block, 0, block.length)).toBe(true);
    expect(describe(decoder.fields)).toBe(want);
  }
}

describe('requests', () => {
  it.each(requestSectionCases)('$name', ({ fields, want, end, rules: own }) => {
    eachWay(fields, (read) => describeRequest(readRequestHead(read, end, { ...rules, ...own })), want);
  });
});

describe('responses', () => {
  it.each(responseSectionCases)('$name', ({ fields, want }) => {
    eachWay(fields, (read) => describeResponse(readResponseHead(read)), want);
  });
});

describe('trailers', () => {
  it.each(trailerSectionCases)('$name', ({ fields, want, rules: own }) => {
    eachWay(fields, (read) => describeTrailers(readTrailers(read, own.allowUnderscores ?? false)), want);
  });
});

it('is a table of some size, without doubles', () => {
  for (const cases of [requestSectionCases, responseSectionCases, trailerSectionCases])
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  const bad = [...requestSectionCases, ...responseSectionCases, ...trailerSectionCases].filter(({ want }) =>
    /^[45]\d\d \w/.test(want),
  );
  expect(bad.length).toBeGreaterThan(150);
});
