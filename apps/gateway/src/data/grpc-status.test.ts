import { Field, names } from '@fairlead/message';
import { describe, expect, it } from 'vitest';
import { failures, upstreamFailure } from './errors.ts';
import { grpcStatusIn, grpcStatusOf, httpStatusOf } from './grpc-status.ts';

describe('grpcStatusIn', () => {
  it.each([
    ['0', 0],
    ['16', 16],
    ['17', 2],
    ['99', 2],
    ['-1', 2],
    ['', 2],
    ['1.5', 2],
    ['OK', 2],
    ['00000000', 2],
  ])('takes %j for %i', (value, status) => {
    expect(grpcStatusIn([new Field(names.grpcStatus, value)])).toBe(status);
  });

  it('is -1 without one', () => {
    expect(grpcStatusIn([new Field(names.grpcMessage, '1')])).toBe(-1);
  });
});

describe('grpcStatusOf', () => {
  const all = {
    ...failures,
    refusedStream: upstreamFailure('refused_stream'),
    badResponse: upstreamFailure('bad_response'),
  };

  it.each([
    ['noRoute', 12],
    ['noListener', 12],
    ['noEndpoints', 14],
    ['overloaded', 14],
    ['stopped', 14],
    ['refusedStream', 14],
    ['badResponse', 14],
    ['invalidBackend', 14],
    ['requestTimeout', 4],
    ['backendTimeout', 4],
    ['grpcTimeout', 4],
    ['internal', 13],
    ['badPath', 13],
    ['misdirected', 2],
    ['clientGone', 1],
  ] as const)('says of %s: %i', (name, status) => {
    expect(grpcStatusOf(all[name].code, all[name].status)).toBe(status);
  });

  it.each([
    [400, 13],
    [401, 16],
    [403, 7],
    [404, 12],
    [429, 14],
    [502, 14],
    [503, 14],
    [504, 14],
    [200, 2],
    [418, 2],
    [500, 2],
  ])('reads HTTP %i as %i', (http, status) => {
    expect(grpcStatusOf('', http)).toBe(status);
  });

  it('comes with texts that need no encoding', () => {
    for (const { text } of Object.values(all)) expect(text).toMatch(/^[ -$&-~]*$/);
  });
});

it('knows an HTTP status for every code', () => {
  expect(Array.from({ length: 17 }, (_, code) => httpStatusOf(code))).toEqual([
    200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401,
  ]);
});
