/** RFC 7541 Appendix C, whole, and what its rules refuse. */
import { describe, expect, it } from 'vitest';
import { valueBytes } from '../../src/http1/byte-class.ts';
import { HeaderDecoder } from '../../src/http2/hpack/header-decoder.ts';
import { codeLengths, codes } from '../../src/http2/hpack/huffman-code.ts';
import { HuffmanReader } from '../../src/http2/hpack/huffman-reader.ts';
import { huffmanLength, writeHuffman } from '../../src/http2/hpack/huffman-writer.ts';
import { IntegerReader, writeInteger } from '../../src/http2/hpack/integer.ts';
import { staticFields } from '../../src/http2/hpack/static-table.ts';
import { hex, plain, type RawField, rawBlock, rawInteger, roomy } from './raw-block.ts';

describe('C.1 integers', () => {
  it.each([
    ['C.1.1', 10, 31, '0a'],
    ['C.1.2', 1337, 31, '1f9a0a'],
    ['C.1.3', 42, 255, '2a'],
  ])('%s', (_, value, mask, octets) => {
    const out = Buffer.alloc(8);
    expect(out.subarray(0, writeInteger(out, 0, value, mask, 0)).toString('hex')).toBe(octets);
    const reader = new IntegerReader();
    expect(reader.read(hex(octets), 0, octets.length / 2, mask)).toBe(octets.length / 2);
    expect(reader.value).toBe(value);
  });

  it.each([
    ['cut off', '1f', -1, 0],
    ['cut off within', '1f80', -1, 0],
    ['the largest', '1fffffff7f', 5, 31 + 2 ** 28 - 1],
    ['padded with zeros', '1f80808000', 5, 31],
    ['too long', '1f8080808000', -1, 0],
    ['far too long', '1fffffffffffffffffff01', -1, 0],
  ])('%s', (_, octets, next, value) => {
    const reader = new IntegerReader();
    expect(reader.read(hex(octets), 0, hex(octets).length, 31)).toBe(next);
    if (next >= 0) expect(reader.value).toBe(value);
  });
});

interface Step {
  readonly block: string;
  readonly fields: readonly RawField[];
  /** The dynamic table afterwards, latest first. */
  readonly table: readonly RawField[];
}

/** Reads the blocks on one connection and looks at the table after each. */
function walk(steps: readonly Step[], first: string = ''): void {
  const decoder = new HeaderDecoder(4_096, roomy);
  steps.forEach(({ block, fields, table }, i) => {
    const bytes = hex(i === 0 ? first + block : block);
    expect(decoder.decode(bytes, 0, bytes.length)).toBe(true);
    expect(plain(decoder.fields)).toEqual(fields);
    expect(tableOf(decoder)).toEqual(table);
  });
}

function tableOf(decoder: HeaderDecoder): RawField[] {
  const found: RawField[] = [];
  for (let index = 62; ; index++) {
    const bytes = rawInteger(index, 127, 0x80);
    if (!decoder.decode(bytes, 0, bytes.length)) return found;
    found.push(...plain(decoder.fields));
  }
}

describe('C.2 representations', () => {
  it.each<[string, Step]>([
    [
      'C.2.1 literal with indexing',
      {
        block: '400a637573746f6d2d6b65790d637573746f6d2d686561646572',
        fields: [['custom-key', 'custom-header']],
        table: [['custom-key', 'custom-header']],
      },
    ],
    [
      'C.2.2 literal without indexing',
      { block: '040c2f73616d706c652f70617468', fields: [[':path', '/sample/path']], table: [] },
    ],
    [
      'C.2.3 literal never indexed',
      { block: '100870617373776f726406736563726574', fields: [['password', 'secret']], table: [] },
    ],
    ['C.2.4 indexed', { block: '82', fields: [[':method', 'GET']], table: [] }],
  ])('%s', (_, step) => walk([step]));
});

const get: readonly RawField[] = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'www.example.com'],
];
const authority: RawField = [':authority', 'www.example.com'];
const noCache: RawField = ['cache-control', 'no-cache'];
const custom: RawField = ['custom-key', 'custom-value'];
const secure: readonly RawField[] = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/index.html'],
  authority,
  custom,
];

function requests(blocks: readonly [string, string, string]): Step[] {
  return [
    { block: blocks[0], fields: get, table: [authority] },
    { block: blocks[1], fields: [...get, noCache], table: [noCache, authority] },
    { block: blocks[2], fields: secure, table: [custom, noCache, authority] },
  ];
}

const privately: RawField = ['cache-control', 'private'];
const location: RawField = ['location', 'https://www.example.com'];
const date21: RawField = ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'];
const date22: RawField = ['date', 'Mon, 21 Oct 2013 20:13:22 GMT'];
const gzip: RawField = ['content-encoding', 'gzip'];
const cookie: RawField = ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'];

function responses(blocks: readonly [string, string, string]): Step[] {
  const status = (text: string): RawField => [':status', text];
  return [
    {
      block: blocks[0],
      fields: [status('302'), privately, date21, location],
      table: [location, date21, privately, status('302')],
    },
    {
      block: blocks[1],
      fields: [status('307'), privately, date21, location],
      table: [status('307'), location, date21, privately],
    },
    {
      block: blocks[2],
      fields: [status('200'), privately, date22, location, gzip, cookie],
      table: [cookie, gzip, date22],
    },
  ];
}

/** The table of C.5 and C.6 has 256 octets. */
const to256 = '3fe101';

describe('C.3 to C.6', () => {
  it('C.3 requests', () => {
    walk(
      requests([
        '828684410f7777772e6578616d706c652e636f6d',
        '828684be58086e6f2d6361636865',
        '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
      ]),
    );
  });

  it('C.4 requests in Huffman code', () => {
    walk(
      requests([
        '828684418cf1e3c2e5f23a6ba0ab90f4ff',
        '828684be5886a8eb10649cbf',
        '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
      ]),
    );
  });

  it('C.5 responses', () => {
    walk(
      responses([
        `4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d54
         6e1768747470733a2f2f7777772e6578616d706c652e636f6d`,
        '4803333037c1c0bf',
        `88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d
         4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31`,
      ]),
      to256,
    );
  });

  it('C.6 responses in Huffman code', () => {
    walk(
      responses([
        `488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3`,
        '4883640effc1c0bf',
        `88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960
         d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007`,
      ]),
      to256,
    );
  });
});

describe('the tables of Appendix A and B', () => {
  it('names know their first static index', () => {
    expect(staticFields).toHaveLength(62);
    for (let index = 1; index <= 61; index++) {
      const { name } = staticFields[index]!;
      expect(name.hpackIndex).toBe(staticFields.findIndex((field) => field.name === name));
    }
  });

  it.each([
    [0, 0x1ff8, 13],
    [10, 0x3ffffffc, 30],
    [48, 0x0, 5],
    [63, 0x3fc, 10],
    [97, 0x3, 5],
    [126, 0x1ffd, 13],
    [249, 0xffffffe, 28],
    [255, 0x3ffffee, 26],
  ])('the code of octet %d', (octet, code, length) => {
    expect([codes[octet], codeLengths[octet]]).toEqual([code, length]);
  });

  it('every octet comes back from Huffman code', () => {
    const text = Buffer.from(Array.from({ length: 256 }, (_, octet) => octet)).latin1Slice();
    const out = Buffer.alloc(1024);
    const length = writeHuffman(out, 0, text);
    expect(length).toBe(huffmanLength(text));
    const reader = new HuffmanReader();
    expect(reader.read(out, 0, length, valueBytes)).toBe(256);
    expect(reader.octets!.latin1Slice(0, 256)).toBe(text);
    expect(reader.clean).toBe(false);
  });
});

describe('compression errors', () => {
  const long = rawBlock([['x', 'y'.repeat(300)]]);

  it.each<[string, string | Buffer]>([
    ['index 0', '80'],
    ['an index behind the static table, with an empty dynamic one', 'be'],
    ['an index of more than the table has', '4001610162bf'],
    ['an index cut off', 'ff'],
    ['an index that is too long', 'ffffffffffff01'],
    ['an index near 2^28', 'ffffffff7f'],
    ['a name by an index that is not there', '7e0161'],
    ['a name by an index that is not there, without indexing', '0f2f0161'],
    ['a literal that is only its first octet', '40'],
    ['a name cut off', '400361'],
    ['a name whose length is cut off', '407f'],
    ['no value', '400161'],
    ['a value cut off', '4001610361'],
    ['a value cut off by one octet', long.subarray(0, -1)],
    ['a length near 2^28', '4001617fffffff7f61'],
    ['a length that is too long', '4001617fffffffffff01'],
    ['Huffman code padded with a whole octet', '04821fff'],
    ['Huffman code that is only padding of eight bits', '0481ff'],
    ['Huffman code padded with zeros', '048118'],
    ['Huffman code padded with one zero', '04811e'],
    ['Huffman code that contains EOS', '0484ffffffff'],
    ['Huffman code of EOS alone, padded', '0484fffffffc'],
    ['Huffman code that ends within a long code', '0482ffff'],
    ['Huffman code with four octets of ones in the middle', '048518ffffffff'],
    ['a wrong Huffman code in a name', '4081ff0161'],
    ['a table size update behind a field', '8220'],
    ['a table size update at the end', '82863fe11f'],
    ['a table larger than was allowed', '3fe21f'],
    ['a table size update cut off', '3f'],
    ['a table size update that is too long', '3fffffffffff01'],
  ])('%s', (_, block) => {
    const bytes = typeof block === 'string' ? hex(block) : block;
    expect(new HeaderDecoder(4_096, roomy).decode(bytes, 0, bytes.length)).toBe(false);
  });

  it.each<[string, string, readonly RawField[]]>([
    ['an empty block', '', []],
    ['two table size updates', '203fe11f82', [[':method', 'GET']]],
    ['the largest table allowed', '3fe11f82', [[':method', 'GET']]],
    ['an empty value', '40016100', [['a', '']]],
    ['an empty value in Huffman code', '40016180', [['a', '']]],
    ['Huffman code with three bits of padding', '04811f', [[':path', 'a']]],
    ['Huffman code without padding', '0481fc', [[':path', 'X']]],
    ['an index padded with zeros', '0f8080000161', [['accept-charset', 'a']]],
  ])('none: %s', (_, block, fields) => {
    const bytes = hex(block);
    const decoder = new HeaderDecoder(4_096, roomy);
    expect(decoder.decode(bytes, 0, bytes.length)).toBe(true);
    expect(plain(decoder.fields)).toEqual(fields);
  });
});
