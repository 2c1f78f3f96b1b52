import fc from 'fast-check';

/** Near a valid message is where parsers disagree: pieces that are right, wrong and odd, then a few octets changed. */
const lineEnds = fc.oneof(
  { weight: 120, arbitrary: fc.constant('\r\n') },
  fc.constantFrom('\n', '\r', '\r\r\n', ' \r\n', '\r\n '),
);

const interesting = [
  '\r',
  '\n',
  '\r\n',
  ' ',
  '\t',
  '\0',
  ':',
  ';',
  ',',
  '"',
  '\\',
  '0',
  '1',
  'a',
  'G',
  '_',
  '\x7f',
  '\x80',
  '\xff',
  '#',
  '/',
  '*',
  '%',
  '=',
  '\v',
  '0\r\n\r\n',
  ' : ',
];

const benignFields = fc.constantFrom(
  ...[
    'X-A: 1',
    'x-a:2',
    'X-B: \t v v \t',
    'X-C:',
    'X-D: \xe9',
    'X_E: 1',
    'Cookie: a=b',
    'X-F: a:b;c=d',
    'X-G: "q\\""',
    'Keep-Alive: timeout=5',
  ],
  ...[
    'Connection: keep-alive, x-a',
    'Connection: x-b',
    'Upgrade: h2c',
    'TE: trailers',
    'Trailer: x-t',
    'Expect: 100-continue',
  ],
);

const oddFields = fc.constantFrom(
  ...[
    'Content-Length: 3',
    'Content-Length: 0',
    'content-length:3',
    'Content-Length: 03',
    'Content-Length: +3',
    'Content-Length: 3,3',
  ],
  ...[
    'Content-Length : 3',
    'Content-Length: 3\t',
    'Transfer-Encoding: chunked',
    'transfer-encoding:Chunked',
    'Transfer-Encoding: gzip, chunked',
  ],
  ...[
    'Transfer-Encoding: chunked, identity',
    'Transfer-Encoding: \tchunked',
    'Transfer-Encoding: chunked ',
    'Transfer-Encoding: xchunked',
  ],
  ...[
    'Connection: close',
    'Connection: upgrade',
    'Upgrade: websocket',
    'Host: b',
    'Host:',
    'Proxy-Connection: close',
    ': x',
    'X-H',
    ' folded',
  ],
);

const someFields = fc.oneof({ weight: 4, arbitrary: benignFields }, oddFields);

const sizes = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('3', '03', '3;x', '3;x=y', '3;x="y z"') },
  fc.constantFrom('3 ', '0x3', '4', '3 ;x', '3;'),
);
const trailers = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('X-T: 1', 'x-u:2', 'Cookie: a', 'grpc-status: 0') },
  fc.constantFrom('Content-Length: 3', 'X-T : 1', 'Transfer-Encoding: chunked', 'Host: b', 'Connection: close'),
);
const chunks = fc
  .record({
    data: fc.array(fc.tuple(sizes, fc.constantFrom('abc', 'a\rb', '\r\n\r'), lineEnds), { maxLength: 3 }),
    trailers: fc.array(trailers, { maxLength: 2 }),
    end: lineEnds,
  })
  .map(({ data, trailers: lines, end }) => {
    const pieces = data.map(([size, octets, lineEnd]) => `${size}\r\n${octets}${lineEnd}`);
    return `${pieces.join('')}0\r\n${lines.map((line) => `${line}\r\n`).join('')}${end}`;
  });
const body = fc.oneof(fc.constant(''), fc.constant('abc'), { weight: 3, arbitrary: chunks });

/** Framing that fits the body, as often as not. */
const framed = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ field: 'Content-Length: 3', body: 'abc' }) },
  { weight: 3, arbitrary: chunks.map((text) => ({ field: 'Transfer-Encoding: chunked', body: text })) },
  { weight: 3, arbitrary: fc.constant({ field: 'X-None: 1', body: '' }) },
  { weight: 1, arbitrary: body.map((text) => ({ field: 'X-Odd: 1', body: text })) },
);

function message(startLine: fc.Arbitrary<string>, always: string): fc.Arbitrary<string> {
  return fc
    .record({
      start: startLine,
      fields: fc.array(fc.tuple(someFields, lineEnds), { maxLength: 3 }),
      framing: framed,
      ends: fc.tuple(lineEnds, lineEnds),
    })
    .map(({ start, fields, framing, ends }) => {
      const lines = fields.map(([line, end]) => `${line}${end}`).join('');
      return `${start}${ends[0]}${always}${lines}${framing.field}\r\n${ends[1]}${framing.body}`;
    });
}

const version = fc.oneof(
  { weight: 12, arbitrary: fc.constant('HTTP/1.1') },
  fc.constantFrom('HTTP/1.0', 'HTTP/1.2', 'http/1.1', 'HTTP/2.0', ''),
);
const target = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('/', '/a/b?c=d', '//x', '/|"<>^`{}\\') },
  fc.constantFrom('*', 'http://a/b', 'http://a', 'HTTP://A:80?x', 'http://u@a/', 'a:80', '', '/a b', '/#x'),
);
const method = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'HEAD', 'OPTIONS') },
  fc.constantFrom('M-SEARCH', 'QUERY', 'get', 'FOO', 'CONNECT', 'TRACE', 'SOURCE'),
);

/** One to three requests in a row. */
export const rawRequests: fc.Arbitrary<string> = mutated(
  fc
    .array(
      message(
        fc.tuple(method, target, version).map((parts) => parts.join(' ')),
        'Host: a\r\n',
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map((all) => all.join('')),
);

const statusLine = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      'HTTP/1.1 200 OK',
      'HTTP/1.1 204 No Content',
      'HTTP/1.1 304 Not Modified',
      'HTTP/1.0 200 OK',
      'HTTP/1.1 404 ',
      'HTTP/1.1 500',
    ),
  },
  fc.constantFrom(
    'HTTP/1.1 99 X',
    'HTTP/1.1 2000 X',
    'HTTP/2 200 OK',
    'HTTP/1.1  200 OK',
    'ICY 200 OK',
    'HTTP/1.1 200OK',
  ),
);
const interim = fc.constantFrom(
  '',
  '',
  '',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n',
  'HTTP/1.1 102 X\r\nContent-Length: 3\r\n\r\nabc',
);

/** One response, perhaps behind an interim one. */
export const rawResponses: fc.Arbitrary<string> = mutated(
  fc.tuple(interim, message(statusLine, 'Server: x\r\n')).map((parts) => parts.join('')),
);

/** Up to three edits: octets put in, taken out, replaced, or a stretch repeated. */
function mutated(raw: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const edit = fc.record({
    kind: fc.constantFrom('insert', 'remove', 'replace', 'repeat'),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.integer({ min: 1, max: 4 }),
    text: fc.constantFrom(...interesting),
  });
  const edits = fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 3, arbitrary: fc.array(edit, { minLength: 1, maxLength: 3 }) },
  );
  return fc.tuple(raw, edits).map(([text, changes]) => {
    let out = text;
    for (const { kind, at: share, length, text: put } of changes) {
      const at = Math.floor(share * out.length);
      const taken = out.slice(at, at + length);
      if (kind === 'insert') out = out.slice(0, at) + put + out.slice(at);
      else if (kind === 'remove') out = out.slice(0, at) + out.slice(at + length);
      else if (kind === 'replace') out = out.slice(0, at) + put + out.slice(at + length);
      else out = out.slice(0, at) + taken + out.slice(at);
    }
    return out;
  });
}
