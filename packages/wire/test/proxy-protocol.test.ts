import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProxyHeaderReader } from '../src/index.ts';
import { crc32c } from '../src/proxy-protocol/crc32c.ts';
import { toIpv6 } from '../src/proxy-protocol/ip-text.ts';
import { binary, extension, proxyHeaderCases, v4 } from './proxy-protocol.cases.ts';

const runs = Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 2_000);

interface Reading {
  readonly state: string;
  readonly client: string;
  /** Octets that are not of the header. */
  readonly rest: string;
}

/** Gives the octets in pieces that end at `cuts`. */
function read(octets: Buffer, cuts: readonly number[]): Reading {
  const reader = new ProxyHeaderReader();
  const ends = [...cuts.map((cut) => cut % (octets.length + 1)), octets.length].sort((a, b) => a - b);
  let start = 0;
  let used = 0;
  for (const end of ends) {
    // Each piece where another lay: what is needed later must have been copied.
    const piece = Buffer.concat([Buffer.from('junk'), octets.subarray(start, end), Buffer.from('junk')]);
    if (reader.state === 'reading') used = start + reader.read(piece, 4, 4 + end - start) - 4;
    piece.fill(0xff);
    start = end;
  }
  const { client } = reader.header ?? { client: null };
  const kept = reader.state === 'absent' ? Buffer.from(reader.held) : Buffer.alloc(0);
  return {
    state: reader.state,
    client: client === null ? 'none' : `${client.address} ${client.port}`,
    rest: Buffer.concat([kept, octets.subarray(used)]).latin1Slice(),
  };
}

const following = 'GET / HTTP/1.1\r\n\r\n';

describe('headers of the PROXY protocol', () => {
  it('are covered by enough cases', () => {
    expect(proxyHeaderCases.length).toBeGreaterThanOrEqual(60);
    expect(new Set(proxyHeaderCases.map(({ name }) => name)).size).toBe(proxyHeaderCases.length);
  });

  it.each(proxyHeaderCases)('$name', ({ octets, is }) => {
    for (const cuts of [[], [1], [5, 6, 7], [12, 15, 16, 17], Array.from({ length: octets.length }, (_, i) => i)]) {
      const reading = read(octets, cuts);
      expect(reading.state).toBe(typeof is === 'string' ? is : 'complete');
      if (typeof is !== 'string') expect(reading).toEqual({ state: 'complete', client: is.client, rest: '' });
      if (is === 'absent') expect(reading.rest).toBe(octets.latin1Slice());
    }
  });

  it.each(proxyHeaderCases.filter(({ is }) => typeof is !== 'string'))('leaves what follows: $name', ({ octets }) => {
    const all = Buffer.concat([octets, Buffer.from(following)]);
    expect(read(all, []).rest).toBe(following);
    expect(read(all, [octets.length]).rest).toBe(following);
    expect(read(all, [octets.length + 3]).rest).toBe(following);
  });
});

describe('any octets', () => {
  const piecewise = fc.array(fc.nat(5_000), { maxLength: 8 });
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 64 }).map((octets) => Buffer.from(octets)),
    fc.string({ maxLength: 120 }).map((text) => Buffer.from(`PROXY ${text}\r\n`)),
    fc
      .tuple(fc.nat(255), fc.nat(255), fc.uint8Array({ maxLength: 260 }))
      .map(([command, family, rest]) => binary(command, family, Buffer.from(rest))),
    fc.tuple(fc.constantFrom(...proxyHeaderCases), fc.nat(), fc.nat(255)).map(([{ octets }, at, byte]) => {
      const changed = Buffer.from(octets);
      if (changed.length > 0) changed[at % changed.length] = byte;
      return changed;
    }),
  );

  it('mean the same in whatever pieces they come', () => {
    fc.assert(
      fc.property(anything, piecewise, (octets, cuts) => {
        expect(read(octets, cuts)).toEqual(read(octets, []));
      }),
      { numRuns: runs, seed: 1 },
    );
  });

  it('give addresses that the system understands, and none is lost', () => {
    fc.assert(
      fc.property(anything, piecewise, (octets, cuts) => {
        const { state, client, rest } = read(octets, cuts);
        if (client !== 'none') expect(isIP(client.split(' ')[0]!)).not.toBe(0);
        if (state === 'absent') expect(rest).toBe(octets.latin1Slice());
        expect(octets.latin1Slice().endsWith(rest)).toBe(true);
      }),
      { numRuns: runs, seed: 2 },
    );
  });

  it('are refused when a bit of a header with checksum has changed', () => {
    const header = binary(0x21, 0x11, Buffer.concat([v4, extension(3, Buffer.alloc(4))]));
    header.writeUInt32BE(crc32c(header), header.length - 4);
    expect(read(header, []).state).toBe('complete');
    // LOCAL and the unspecified family are read without what follows, and another length moves the end.
    for (let bit = 16 * 8; bit < header.length * 8; bit++) {
      const changed = Buffer.from(header);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      // A type other than that of checksums is not checked.
      if (bit >> 3 !== 28) expect(read(changed, []).state, `bit ${bit}`).not.toBe('complete');
    }
  });
});

it('checksums are those of RFC 3720 §B.4', () => {
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
  expect(crc32c(Buffer.from(Array.from({ length: 32 }, (_, i) => i)))).toBe(0x46dd794e);
});

it('IPv6 addresses are read and written as the WHATWG URL parser does', () => {
  const group = fc.oneof(fc.constant(0), fc.nat(0xffff));
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
      const text = groups.map((value) => value.toString(16)).join(':');
      const { hostname } = new URL(`http://[${text}]/`);
      const written = toIpv6(text)!;
      if (!written.includes('.')) expect(`[${written}]`).toBe(hostname);
      expect(written.includes('.') ? `::ffff:${written}` : toIpv6(written)).toBe(
        written.includes('.') ? `::ffff:${written}` : written,
      );
    }),
    { numRuns: runs, seed: 3 },
  );
});
