import { crc32c } from '../src/proxy-protocol/crc32c.ts';

/** `client`: `address port`, 'none' when the header names no client. */
export interface ProxyHeaderCase {
  readonly name: string;
  readonly octets: Buffer;
  readonly is: 'absent' | 'malformed' | 'reading' | { readonly client: string };
}

const signature = '\r\n\r\n\0\r\nQUIT\n';
export const v4: Buffer = Buffer.from([192, 0, 2, 1, 198, 51, 100, 7, 0xc3, 0x50, 0x01, 0xbb]);
const v6: Buffer = Buffer.concat([
  Buffer.from('20010db8000000000000000000000001', 'hex'),
  Buffer.from('20010db8000000000000000000000002', 'hex'),
  Buffer.from([0xc3, 0x50, 0x01, 0xbb]),
]);
const mapped: Buffer = Buffer.concat([
  Buffer.from('00000000000000000000ffffc0000201', 'hex'),
  Buffer.from('00000000000000000000ffffc6336407', 'hex'),
  Buffer.from([0, 80, 0, 80]),
]);

/** `length`: what the header says of its rest, when that is not true. */
export function binary(command: number, family: number, rest: Buffer, length: number = rest.length): Buffer {
  const fixed = Buffer.from([...Buffer.from(signature, 'latin1'), command, family, length >> 8, length & 255]);
  return Buffer.concat([fixed, rest]);
}

export function extension(type: number, value: Buffer, length: number = value.length): Buffer {
  return Buffer.concat([Buffer.from([type, length >> 8, length & 255]), value]);
}

/** The same header with its checksum right. */
function withChecksum(addresses: Buffer, before: Buffer, after: Buffer): Buffer {
  const header = binary(0x21, 0x11, Buffer.concat([addresses, before, extension(3, Buffer.alloc(4)), after]));
  header.writeUInt32BE(crc32c(header), 16 + addresses.length + before.length + 3);
  return header;
}

function spoilt(header: Buffer, at: number): Buffer {
  const copy = Buffer.from(header);
  copy[at]! ^= 1;
  return copy;
}

const summed = withChecksum(v4, extension(4, Buffer.from('pad')), extension(5, Buffer.from('id')));
const none = { client: 'none' } as const;
const fromV4 = { client: '192.0.2.1 50000' } as const;
const fromV6 = { client: '2001:db8::1 50000' } as const;

const textCases: readonly (readonly [string, ProxyHeaderCase['is'], string?])[] = [
  ['PROXY TCP4 192.0.2.1 198.51.100.7 50000 443\r\n', fromV4],
  ['PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n', { client: '255.255.255.255 65535' }],
  ['PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n', { client: '0.0.0.0 0' }],
  ['PROXY TCP6 2001:db8::1 2001:db8::2 50000 443\r\n', fromV6],
  ['PROXY TCP6 2001:0DB8:0:0:0:0:0:1 ::1 50000 443\r\n', fromV6, 'capitals, leading zeros'],
  ['PROXY TCP6 :: :: 1 2\r\n', { client: ':: 1' }],
  ['PROXY TCP6 1:0:0:2:0:0:0:3 ::1 1 2\r\n', { client: '1:0:0:2::3 1' }, 'the longest run of zeros'],
  ['PROXY TCP6 1:0:2:3:4:5:6:7 ::1 1 2\r\n', { client: '1:0:2:3:4:5:6:7 1' }, 'one zero group is kept'],
  ['PROXY TCP6 1::2:3:4:5:6:7 ::1 1 2\r\n', { client: '1:0:2:3:4:5:6:7 1' }, ':: for one group'],
  ['PROXY TCP6 ::ffff:192.0.2.1 ::1 50000 2\r\n', fromV4, 'IPv4 in disguise'],
  [
    `PROXY TCP6 ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}ffff 65535 65535\r\n`,
    { client: `${'ffff:'.repeat(7)}ffff 65535` },
  ],
  ['PROXY UNKNOWN\r\n', none],
  ['PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n', none],
  ['PROXY UNKNOWN anything at all\r\n', none],
  [`PROXY UNKNOWN ${'x'.repeat(91)}\r\n`, none, 'of 107 octets'],
  [`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`, 'malformed', 'of 108 octets'],
  ['PROXY UNKNOWN\n', 'malformed'],
  ['PROXY UNKNOWNS\r\n', 'malformed'],
  ['PROXY unknown\r\n', 'malformed'],
  ['PROXY TCP4 192.0.2.1 198.51.100.7 50000 443\n', 'malformed', 'bare LF'],
  ['PROXY TCP4 192.0.2.1 198.51.100.7 50000 443\r\r\n', 'malformed'],
  ['PROXY TCP4 192.0.2.1 198.51.100.7 50000\r\n', 'malformed'],
  ['PROXY TCP4 192.0.2.1 198.51.100.7 50000 443 1\r\n', 'malformed'],
  ['PROXY TCP4 192.0.2.1 198.51.100.7 50000 443 \r\n', 'malformed', 'blank at the end'],
  ['PROXY  TCP4 192.0.2.1 198.51.100.7 50000 443\r\n', 'malformed', 'two blanks'],
  ['PROXY TCP4\t192.0.2.1 198.51.100.7 50000 443\r\n', 'malformed', 'tabulator'],
  ['PROXY TCP5 192.0.2.1 198.51.100.7 50000 443\r\n', 'malformed'],
  ['PROXY UDP4 192.0.2.1 198.51.100.7 50000 443\r\n', 'malformed'],
  ['PROXY TCP4 2001:db8::1 198.51.100.7 50000 443\r\n', 'malformed'],
  ['PROXY TCP6 192.0.2.1 198.51.100.7 50000 443\r\n', 'malformed'],
  ['PROXY TCP4 192.0.2.1 2001:db8::1 50000 443\r\n', 'malformed', 'the destination is checked too'],
  ['PROXY TCP4 192.0.2.01 198.51.100.7 50000 443\r\n', 'malformed', 'leading zero'],
  ['PROXY TCP4 192.0.2.256 198.51.100.7 50000 443\r\n', 'malformed'],
  ['PROXY TCP4 192.0.2 198.51.100.7 50000 443\r\n', 'malformed'],
  ['PROXY TCP4 192.0.2.1.1 198.51.100.7 50000 443\r\n', 'malformed'],
  ['PROXY TCP4 192.0.2.1 198.51.100.7 65536 443\r\n', 'malformed'],
  ['PROXY TCP4 192.0.2.1 198.51.100.7 050 443\r\n', 'malformed'],
  ['PROXY TCP4 192.0.2.1 198.51.100.7 -1 443\r\n', 'malformed'],
  ['PROXY TCP4 192.0.2.1 198.51.100.7 50000 4x\r\n', 'malformed', 'the port of the destination'],
  ['PROXY TCP6 1:2:3:4:5:6:7 ::1 1 2\r\n', 'malformed', 'seven groups'],
  ['PROXY TCP6 1:2:3:4:5:6:7:8:9 ::1 1 2\r\n', 'malformed'],
  ['PROXY TCP6 1:2:3:4::5:6:7:8 ::1 1 2\r\n', 'malformed', ':: for nothing'],
  ['PROXY TCP6 1::2::3 ::1 1 2\r\n', 'malformed'],
  ['PROXY TCP6 12345::1 ::1 1 2\r\n', 'malformed'],
  ['PROXY TCP6 g::1 ::1 1 2\r\n', 'malformed'],
  ['PROXY TCP6 ::1%eth0 ::1 1 2\r\n', 'malformed'],
  ['PROXY TCP6 ::ffff:192.0.2.256 ::1 1 2\r\n', 'malformed'],
  ['PROXY TCP6 192.0.2.1::1 ::1 1 2\r\n', 'malformed', 'IPv4 not at the end'],
  ['PROXY TCP6 : ::1 1 2\r\n', 'malformed'],
  [`PROXY TCP4 ${'1'.repeat(120)}`, 'malformed', 'no end in sight'],
  ['PROXY \r\n', 'malformed'],
  ['PROXY TCP4 192.0.2.1 198.51.100.7 50000 443\r', 'reading'],
  ['PROX', 'reading'],
  ['', 'reading'],
  ['PROXIED / HTTP/1.1\r\n', 'absent'],
  ['proxy TCP4 192.0.2.1 198.51.100.7 50000 443\r\n', 'absent'],
  ['GET / HTTP/1.1\r\n', 'absent'],
  ['\r\nGET / HTTP/1.1\r\n', 'absent'],
  ['\r\n\r\nGET / HTTP/1.1\r\n', 'absent'],
  ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'absent'],
  ['\x16\x03\x01\x02\0\x01', 'absent', 'a TLS handshake'],
];

const binaryCases: readonly (readonly [string, Buffer, ProxyHeaderCase['is']])[] = [
  ['IPv4 over TCP', binary(0x21, 0x11, v4), fromV4],
  ['IPv4 over UDP', binary(0x21, 0x12, v4), fromV4],
  ['IPv6 over TCP', binary(0x21, 0x21, v6), fromV6],
  ['IPv6 over UDP', binary(0x21, 0x22, v6), fromV6],
  ['IPv4 within IPv6', binary(0x21, 0x21, mapped), { client: '192.0.2.1 80' }],
  ['a UNIX stream', binary(0x21, 0x31, Buffer.alloc(216)), none],
  ['UNIX datagrams', binary(0x21, 0x32, Buffer.alloc(216)), none],
  ['an unspecified family', binary(0x21, 0x00, Buffer.alloc(0)), none],
  ['an unspecified family with something behind', binary(0x21, 0x00, Buffer.from('whatever')), none],
  ['LOCAL', binary(0x20, 0x00, Buffer.alloc(0)), none],
  ['LOCAL with addresses, which are ignored', binary(0x20, 0x11, v4), none],
  ['LOCAL with what is nothing', binary(0x20, 0xff, Buffer.from('xyz')), none],
  ['version 1 in binary', binary(0x11, 0x11, v4), 'malformed'],
  ['version 3', binary(0x31, 0x11, v4), 'malformed'],
  ['an unknown command', binary(0x22, 0x11, v4), 'malformed'],
  ['an unknown family', binary(0x21, 0x41, v4), 'malformed'],
  ['an unknown transport', binary(0x21, 0x13, v4), 'malformed'],
  ['a family without transport', binary(0x21, 0x10, v4), 'malformed'],
  ['a transport without family', binary(0x21, 0x01, v4), 'malformed'],
  ['IPv4 with too little', binary(0x21, 0x11, v4.subarray(0, 11)), 'malformed'],
  ['IPv6 with addresses of IPv4', binary(0x21, 0x21, v4), 'malformed'],
  ['UNIX with too little', binary(0x21, 0x31, Buffer.alloc(215)), 'malformed'],
  [
    'extensions',
    binary(0x21, 0x11, Buffer.concat([v4, extension(2, Buffer.from('name')), extension(0xea, Buffer.alloc(0))])),
    fromV4,
  ],
  ['padding', binary(0x21, 0x21, Buffer.concat([v6, extension(4, Buffer.alloc(300))])), fromV6],
  ['half of an extension', binary(0x21, 0x11, Buffer.concat([v4, Buffer.from([1, 0])])), 'malformed'],
  [
    'an extension longer than the header',
    binary(0x21, 0x11, Buffer.concat([v4, extension(1, Buffer.from('ab'), 3)])),
    'malformed',
  ],
  ['a checksum', summed, fromV4],
  ['a wrong checksum', spoilt(summed, summed.length - 1), 'malformed'],
  ['a changed address under a checksum', spoilt(summed, 16), 'malformed'],
  ['a checksum of three octets', binary(0x21, 0x11, Buffer.concat([v4, extension(3, Buffer.alloc(3))])), 'malformed'],
  [
    'two checksums',
    binary(0x21, 0x11, Buffer.concat([v4, extension(3, Buffer.alloc(4)), extension(3, Buffer.alloc(4))])),
    'malformed',
  ],
  ['the most octets', binary(0x21, 0x11, Buffer.concat([v4, extension(4, Buffer.alloc(4_096 - 15))])), fromV4],
  ['one octet more', binary(0x21, 0x11, Buffer.concat([v4, extension(4, Buffer.alloc(4_096 - 14))])), 'malformed'],
  ['a length that never comes', binary(0x21, 0x11, v4, 65_535), 'malformed'],
  ['a missing end', binary(0x21, 0x11, v4, 13), 'reading'],
  ['the signature alone', Buffer.from(signature, 'latin1'), 'reading'],
  ['a signature with one octet wrong', spoilt(binary(0x21, 0x11, v4), 9), 'absent'],
];

export const proxyHeaderCases: readonly ProxyHeaderCase[] = [
  ...textCases.map(([text, is, why]) => ({
    name: `${JSON.stringify(text.slice(0, 60))}${why === undefined ? '' : `: ${why}`}`,
    octets: Buffer.from(text, 'latin1'),
    is,
  })),
  ...binaryCases.map(([name, octets, is]) => ({ name, octets, is })),
];
