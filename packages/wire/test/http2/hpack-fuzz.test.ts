/** The decoder against a slow reading of RFC 7541, on blocks near valid ones: same fields, same errors, and tables that stay the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRequestHead } from '../../src/http2/heads/request-head.ts';
import { readResponseHead } from '../../src/http2/heads/response-head.ts';
import { readTrailers } from '../../src/http2/heads/trailers.ts';
import { HeaderDecoder } from '../../src/http2/hpack/header-decoder.ts';
import { writeCompressed, writeText } from '../../src/http2/hpack/literal-writer.ts';
import { NaiveDecoder } from './naive-hpack.ts';
import { plain, type RawField, rawInteger, roomy } from './raw-block.ts';

const runs = Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 400);
const options = { numRuns: runs, seed: Number(process.env.FAIRLEAD_FUZZ_SEED ?? 7) };
const rules = { scheme: 'http', extendedConnect: true, maxTargetBytes: 8_192, allowUnderscores: false } as const;

const octet = fc.integer({ min: 0, max: 255 });
const text = fc.oneof(
  fc.constantFrom('', 'a', '/', 'GET', 'gzip, deflate', 'example.com', 'x'.repeat(70), 'v'.repeat(300), '\xff\0\r\n'),
  fc.string({ unit: octet.map((code) => String.fromCharCode(code)), maxLength: 12 }),
);
const name = fc.oneof(
  fc.constantFrom('x-a', 'x-b', 'cookie', 'authorization', ':path', ':method', 'Upper', 'te', 'content-length', ''),
  text,
);

function string(value: string, huffman: boolean): Buffer {
  const out = Buffer.alloc(2 * value.length + 16);
  return out.subarray(0, huffman ? writeCompressed(out, 0, value) : writeText(out, 0, value));
}

const index = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 1, max: 61 }) },
  { weight: 20, arbitrary: fc.integer({ min: 62, max: 68 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 69, 127, 200, 2 ** 27) },
);
const form = fc.constantFrom({ mask: 63, first: 0x40 }, { mask: 15, first: 0 }, { mask: 15, first: 0x10 });

const representation = fc.oneof(
  { weight: 3, arbitrary: index.map((at) => rawInteger(at, 127, 0x80)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(form, index, text, fc.boolean())
      .map(([{ mask, first }, at, value, huffman]) =>
        Buffer.concat([rawInteger(at, mask, first), string(value, huffman)]),
      ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(form, name, text, fc.boolean(), fc.boolean())
      .map(([{ first }, key, value, one, two]) =>
        Buffer.concat([Buffer.from([first]), string(key, one), string(value, two)]),
      ),
  },
);
const update = fc
  .oneof({ weight: 8, arbitrary: fc.constantFrom(600, 4_096) }, fc.constantFrom(0, 40, 100, 4_097))
  .map((size) => rawInteger(size, 31, 0x20));
const block = fc
  .tuple(fc.array(update, { maxLength: 1 }), fc.array(representation, { maxLength: 8 }))
  .map((parts) => Buffer.concat(parts.flat()));

/** A few octets changed, cut out or put in. */
const mutation = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(2), octet), { maxLength: 2 });

function mutate(bytes: Buffer, changes: readonly [number, number, number][]): Buffer {
  return changes.reduce((mutant, [share, kind, value]) => {
    const at = Math.floor(share * mutant.length);
    if (kind === 0) return Buffer.concat([mutant.subarray(0, at), mutant.subarray(at + 1)]);
    const behind = mutant.subarray(kind === 1 ? at : at + 1);
    return Buffer.concat([mutant.subarray(0, at), Buffer.from([value]), behind]);
  }, bytes);
}

const blocks = fc
  .array(
    fc
      .tuple(block, fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, mutation))
      .map(([bytes, changes]) => mutate(bytes, changes)),
    { minLength: 1, maxLength: 8 },
  )
  .map((sequence) => [beginning, ...sequence]);

/** Fills the table, so that indexes lead somewhere. */
const beginning = Buffer.concat(
  Array.from({ length: 8 }, (_, i) =>
    Buffer.concat([Buffer.from([0x40]), string(`x-${i}`, false), string('v', false)]),
  ),
);

describe('any blocks', () => {
  it('are read as RFC 7541 says, one after another', () => {
    let whole = 0;
    fc.assert(
      fc.property(blocks, (sequence) => {
        const decoder = new HeaderDecoder(4_096, roomy);
        const naive = new NaiveDecoder(4_096);
        for (const bytes of sequence) {
          const want = naive.decode(bytes);
          const got = decoder.decode(bytes, 0, bytes.length) ? plain(decoder.fields) : null;
          expect(got).toEqual(want);
          if (want === null) return;
          whole++;
        }
        expect(tableOf(decoder, naive.table.length)).toEqual(naive.table);
      }),
      options,
    );
    // Or nothing was compared.
    expect(whole).toBeGreaterThan(2 * runs);
  });

  it('leave the table in step beyond the limits', () => {
    fc.assert(
      fc.property(
        blocks,
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 4 }),
        (sequence, octets, count) => {
          const decoder = new HeaderDecoder(4_096, { maxFieldSectionBytes: octets, maxFields: count });
          const naive = new NaiveDecoder(4_096);
          for (const bytes of sequence) {
            const want = naive.decode(bytes);
            expect(decoder.decode(bytes, 0, bytes.length)).toBe(want !== null);
            if (want === null) return;
            const size = want.reduce((sum, [key, value]) => sum + key.length + value.length + 32, 0);
            expect(decoder.tooLarge).toBe(size > octets || want.length > count);
            expect(plain(decoder.fields)).toEqual(decoder.tooLarge ? [] : want);
          }
        },
      ),
      options,
    );
  });

  it('never make a reader of heads throw', () => {
    fc.assert(
      fc.property(block, fc.boolean(), (bytes, end) => {
        for (const read of [
          (fields: Parameters<typeof readResponseHead>[0]) => readRequestHead(fields, end, rules),
          readResponseHead,
          (fields: Parameters<typeof readResponseHead>[0]) => readTrailers(fields, end),
        ]) {
          const decoder = new HeaderDecoder(4_096, roomy);
          if (decoder.decode(bytes, 0, bytes.length)) expect(read(decoder.fields)).toBeTypeOf('object');
        }
      }),
      options,
    );
  });

  it('octets by chance', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 }), (sequence) => {
        const decoder = new HeaderDecoder(4_096, roomy);
        const naive = new NaiveDecoder(4_096);
        for (const octets of sequence) {
          const want = naive.decode(octets);
          const bytes = Buffer.from(octets);
          expect(decoder.decode(bytes, 0, bytes.length) ? plain(decoder.fields) : null).toEqual(want);
          if (want === null) return;
        }
      }),
      options,
    );
  });
});

function tableOf(decoder: HeaderDecoder, length: number): RawField[] {
  return Array.from({ length }, (_, i) => {
    const bytes = rawInteger(62 + i, 127, 0x80);
    expect(decoder.decode(bytes, 0, bytes.length)).toBe(true);
    return plain(decoder.fields)[0]!;
  });
}
