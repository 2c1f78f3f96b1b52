/** What a client sends on one connection, and what must come of it. */
export interface Sequence {
  readonly attack: string;
  /** Octets, latin1. */
  readonly sends: string;
  /**
   * Statuses of all answers, in order, then how the connection is left: `400 close`, `200 200 open`. Several: any of them will do.
   */
  readonly gets: string | readonly string[];
  /** What the backend may see: `POST /a body`, each a request of its own. Default nothing. */
  readonly backend?: readonly string[];
  /** The endpoint's connection must never be used again. */
  readonly spoils?: true;
}

/** A request for `target`, with CRLF where it must be. */
function request(start: string, fields: readonly string[], body: string = ''): string {
  return `${start} HTTP/1.1\r\nHost: a.example\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n${body}`;
}

/** What an attacker wants somebody else to be answered for. */
const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n';
const chunkedNothing = '0\r\n\r\n';
const chunked = 'Transfer-Encoding: chunked';
const refused = '400 close';

function length(text: string): string {
  return `Content-Length: ${text.length}`;
}

function inChunks(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
}

function refusedWith(attack: string, sends: string): Sequence {
  return { attack, sends, gets: refused };
}

/** Both framings, or one that readers understand differently. */
const framing: readonly Sequence[] = [
  refusedWith('CL.TE', request('POST /a', ['Content-Length: 6', chunked], '0\r\n\r\nG')),
  refusedWith(
    'CL.TE with a prefix',
    request('POST /a', [length(chunkedNothing + smuggled), chunked], chunkedNothing + smuggled),
  ),
  refusedWith('TE.CL', request('POST /a', [chunked, 'Content-Length: 4'], inChunks(smuggled))),
  refusedWith('CL 0 and TE', request('POST /a', ['Content-Length: 0', chunked], chunkedNothing + smuggled)),
  refusedWith('TE that is not chunked', request('POST /a', ['Transfer-Encoding: xchunked'], smuggled)),
  refusedWith('TE identity', request('POST /a', ['Transfer-Encoding: identity', length(smuggled)], smuggled)),
  refusedWith('TE identity alone', request('POST /a', ['Transfer-Encoding: identity'], smuggled)),
  refusedWith('TE empty', request('POST /a', ['Transfer-Encoding: '], smuggled)),
  refusedWith('TE in two lines', request('POST /a', [chunked, 'Transfer-Encoding: cow'], chunkedNothing + smuggled)),
  refusedWith('TE twice', request('POST /a', [chunked, chunked], chunkedNothing + smuggled)),
  refusedWith(
    'TE list that ends otherwise',
    request('POST /a', ['Transfer-Encoding: chunked, identity'], chunkedNothing),
  ),
  refusedWith(
    'TE chunked twice in a list',
    request('POST /a', ['Transfer-Encoding: chunked, chunked'], chunkedNothing),
  ),
  refusedWith('TE with another coding first', request('POST /a', ['Transfer-Encoding: gzip, chunked'], chunkedNothing)),
  refusedWith('TE with an empty element', request('POST /a', ['Transfer-Encoding: ,chunked'], chunkedNothing)),
  refusedWith('TE quoted', request('POST /a', ['Transfer-Encoding: "chunked"'], chunkedNothing)),
  refusedWith('TE with a parameter', request('POST /a', ['Transfer-Encoding: chunked;q=1'], chunkedNothing)),
  refusedWith('TE behind a vertical tab', request('POST /a', ['Transfer-Encoding: \x0bchunked'], chunkedNothing)),
  refusedWith('TE before a form feed', request('POST /a', ['Transfer-Encoding: chunked\x0c'], chunkedNothing)),
  refusedWith('TE with a no-break space', request('POST /a', ['Transfer-Encoding: \xa0chunked'], chunkedNothing)),
  refusedWith(
    'TE with a space before the colon',
    request('POST /a', ['Transfer-Encoding : chunked', 'Content-Length: 4'], chunkedNothing),
  ),
  refusedWith(
    'TE with an underscore',
    request('POST /a', ['Transfer_Encoding: chunked', 'Content-Length: 4'], chunkedNothing),
  ),
  refusedWith(
    'TE behind a bare LF',
    request('POST /a', ['X: y\nTransfer-Encoding: chunked', 'Content-Length: 4'], chunkedNothing),
  ),
  refusedWith(
    'TE behind a bare CR',
    request('POST /a', ['X: y\rTransfer-Encoding: chunked', 'Content-Length: 4'], chunkedNothing),
  ),
  refusedWith('TE folded', request('POST /a', ['Transfer-Encoding:\r\n chunked', 'Content-Length: 4'], chunkedNothing)),
  refusedWith(
    'TE folded away',
    request('POST /a', ['X: y\r\n Transfer-Encoding: chunked', 'Content-Length: 4'], chunkedNothing),
  ),
  refusedWith(
    'TE in HTTP/1.0',
    `POST /a HTTP/1.0\r\nHost: a.example\r\n${chunked}\r\n\r\n${chunkedNothing}${smuggled}`,
  ),
  refusedWith('CL twice, different', request('POST /a', ['Content-Length: 0', length(smuggled)], smuggled)),
  refusedWith('CL twice, the same', request('POST /a', [length(smuggled), length(smuggled)], smuggled)),
  refusedWith('CL as a list', request('POST /a', ['Content-Length: 0, 44'], smuggled)),
  ...['+5', '-5', '0x5', '5 5', '5;', '5.0', '"5"', '', '٥', '99999999999999999999', '1e1', '5_0', '\x0b5'].map(
    (value) =>
      refusedWith(
        `CL ${JSON.stringify(value)}`,
        request('POST /a', [`Content-Length: ${Buffer.from(value).latin1Slice()}`], 'hello'),
      ),
  ),
  refusedWith('CL with a space before the colon', request('POST /a', ['Content-Length : 5'], 'hello')),
  refusedWith('CL with an underscore', request('POST /a', ['Content_Length: 5'], 'hello')),
  refusedWith('CL with a NUL in its name', request('POST /a', ['Content-Length\0: 5'], 'hello')),
];

/** Odd, but there is only one way to read them. */
const unambiguous: readonly Sequence[] = [
  {
    attack: 'TE in other case',
    sends: request('POST /a', ['tRANSFER-eNCODING: ChUnKeD'], '5\r\nhello\r\n0\r\n\r\n'),
    gets: '200 open',
    backend: ['POST /a hello'],
  },
  {
    attack: 'TE between whitespace',
    sends: request('POST /a', ['Transfer-Encoding:\tchunked '], '5\r\nhello\r\n0\r\n\r\n'),
    gets: ['200 open', refused],
    backend: ['POST /a hello'],
  },
  {
    attack: 'CL with zeros in front',
    sends: request('POST /a', ['Content-Length: 0005'], 'hello'),
    gets: ['200 open', refused],
    backend: ['POST /a hello'],
  },
  {
    attack: '0.CL: GET with a body',
    sends: request('GET /a', [length(smuggled)], smuggled),
    gets: '200 open',
    backend: [`GET /a ${smuggled.trimEnd()}`],
  },
  {
    attack: 'HEAD with a body',
    sends: request('HEAD /a', [length(smuggled)], smuggled),
    gets: '200 open',
    backend: [`HEAD /a ${smuggled.trimEnd()}`],
  },
  {
    attack: 'OPTIONS with a body',
    sends: request('OPTIONS /a', [length(smuggled)], smuggled),
    gets: '200 open',
    backend: [`OPTIONS /a ${smuggled.trimEnd()}`],
  },
  {
    attack: 'TE.0: DELETE with chunks',
    sends: request('DELETE /a', [chunked], inChunks(smuggled)),
    gets: '200 open',
    backend: [`DELETE /a ${smuggled.trimEnd()}`],
  },
  {
    attack: 'TE.0: OPTIONS with chunks',
    sends: request('OPTIONS /a', [chunked], inChunks(smuggled)),
    gets: '200 open',
    backend: [`OPTIONS /a ${smuggled.trimEnd()}`],
  },
  {
    attack: 'pipelined, each routed for itself',
    sends: request('POST /a', ['Content-Length: 1'], 'x') + request('GET /b', []) + request('GET /unrouted', []),
    gets: '200 200 404 open',
    backend: ['POST /a x', 'GET /b'],
  },
  {
    attack: 'CL too short: the rest is a request of its own, and not routed',
    sends: request('POST /a', ['Content-Length: 5'], `hello${request('GET /unrouted', [])}`),
    gets: '200 404 open',
    backend: ['POST /a hello'],
  },
  {
    attack: 'CL too short: the rest is no request',
    sends: request('POST /a', ['Content-Length: 5'], 'hello, world\r\n\r\n'),
    gets: '200 400 close',
    backend: ['POST /a hello'],
  },
  {
    attack: 'blank lines before a request',
    sends: `\r\n\r\n${request('GET /a', [])}`,
    gets: '200 open',
    backend: ['GET /a'],
  },
];

const lines: readonly Sequence[] = [
  refusedWith('bare LF everywhere', 'GET /a HTTP/1.1\nHost: a.example\n\n'),
  refusedWith('bare LF behind the request line', 'GET /a HTTP/1.1\nHost: a.example\r\n\r\n'),
  refusedWith('bare LF at the end of the head', `GET /a HTTP/1.1\r\nHost: a.example\r\n\n${smuggled}`),
  refusedWith('CR CR LF', 'GET /a HTTP/1.1\r\r\nHost: a.example\r\n\r\n'),
  refusedWith('bare CR in a value', request('GET /a', ['X: a\rb'])),
  refusedWith('NUL in a value', request('GET /a', ['X: a\0b'])),
  refusedWith('NUL in a name', request('GET /a', ['X\0: b'])),
  refusedWith('DEL in a value', request('GET /a', ['X: a\x7fb'])),
  refusedWith('fold', request('GET /a', ['X: a', ' b'])),
  refusedWith('fold before the first field', 'GET /a HTTP/1.1\r\n X: y\r\nHost: a.example\r\n\r\n'),
  refusedWith('tab fold', request('GET /a', ['X: a', '\tb'])),
  refusedWith('no name', request('GET /a', [': b'])),
  refusedWith('no colon', request('GET /a', ['nothing'])),
  refusedWith('space in a name', request('GET /a', ['X Y: b'])),
  refusedWith('space before the colon', request('GET /a', ['X : b'])),
  refusedWith('space before the request line', ` ${request('GET /a', [])}`),
  refusedWith('two spaces in the request line', request('GET  /a', [])),
  refusedWith('tab in the request line', request('GET\t/a', [])),
  refusedWith('more behind the version', 'GET /a HTTP/1.1 x\r\nHost: a.example\r\n\r\n'),
  refusedWith('HTTP/0.9', 'GET /a\r\n\r\n'),
  refusedWith('lower-case version', 'GET /a http/1.1\r\nHost: a.example\r\n\r\n'),
  { attack: 'HTTP/1.2', sends: 'GET /a HTTP/1.2\r\nHost: a.example\r\n\r\n', gets: ['505 close', refused] },
  { attack: 'HTTP/2.0', sends: 'GET /a HTTP/2.0\r\nHost: a.example\r\n\r\n', gets: ['505 close', refused] },
  { attack: 'NUL in the target', sends: request('GET /a\0b', []), gets: refused },
  { attack: 'octets above ASCII in the target', sends: request('GET /unrouted\xe9', []), gets: ['404 open', refused] },
  { attack: 'fragment in the target', sends: request('GET /a#b', []), gets: refused },
];

const hosts: readonly Sequence[] = [
  refusedWith('no Host', 'GET /a HTTP/1.1\r\n\r\n'),
  refusedWith('two Hosts', request('GET /a', ['Host: b.example'])),
  refusedWith('two equal Hosts', request('GET /a', ['Host: a.example'])),
  ...[
    '',
    'a.example, b.example',
    'user@a.example',
    'a.example/x',
    'a.example:http',
    'a.example:99999',
    'a b',
    '[::1',
    'a.example#',
    'a\\b',
    'a.example?',
  ].map((host) => refusedWith(`Host ${JSON.stringify(host)}`, `GET /a HTTP/1.1\r\nHost: ${host}\r\n\r\n`)),
  { attack: 'absolute form', sends: request('GET http://a.example/a', []), gets: '200 open', backend: ['GET /a'] },
  refusedWith('absolute form with another host', request('GET http://b.example/a', [])),
  refusedWith('absolute form with another port', request('GET http://a.example:81/a', [])),
  refusedWith('absolute form with another scheme', request('GET https://a.example/a', [])),
  refusedWith('absolute form with userinfo', request('GET http://u@a.example/a', [])),
  refusedWith('absolute form of ftp', request('GET ftp://a.example/a', [])),
  refusedWith('GET *', request('GET *', [])),
  { attack: 'OPTIONS *', sends: request('OPTIONS *', []), gets: '404 open' },
  refusedWith('authority form', request('GET a.example:80', [])),
  refusedWith('no slash', request('GET a', [])),
  {
    attack: 'CONNECT',
    sends: 'CONNECT a.example:80 HTTP/1.1\r\nHost: a.example:80\r\n\r\n',
    gets: ['501 close', '405 close', '405 open'],
  },
  { attack: 'TRACE', sends: request('TRACE /a', []), gets: ['501 close', '405 close', '405 open'] },
];

const chunks: readonly Sequence[] = [
  {
    attack: 'extensions',
    sends: request('POST /a', [chunked], '5;a=b;c="d;e"\r\nhello\r\n0;x\r\n\r\n'),
    gets: '200 open',
    backend: ['POST /a hello'],
  },
  refusedWith('extensions without end', request('POST /a', [chunked], `5;${'x'.repeat(2_000)}\r\nhello\r\n0\r\n\r\n`)),
  refusedWith(
    'extensions of many chunks',
    request('POST /a', [chunked], `${`1;${'x'.repeat(100)}\r\na\r\n`.repeat(20)}0\r\n\r\n`),
  ),
  refusedWith('bare LF in an extension', request('POST /a', [chunked], `5;a\nhello\r\n0\r\n\r\n${smuggled}`)),
  refusedWith('bare CR in an extension', request('POST /a', [chunked], '5;a\rb\r\nhello\r\n0\r\n\r\n')),
  refusedWith('bare LF behind a size', request('POST /a', [chunked], '5\nhello\r\n0\r\n\r\n')),
  refusedWith('bare LF behind data', request('POST /a', [chunked], '5\r\nhello\n0\r\n\r\n')),
  refusedWith('bare LF behind the last chunk', request('POST /a', [chunked], `0\n\n${smuggled}`)),
  refusedWith('bare LF in place of the last line', request('POST /a', [chunked], `0\r\n\n${smuggled}`)),
  refusedWith('space behind a size', request('POST /a', [chunked], '5 \r\nhello\r\n0\r\n\r\n')),
  refusedWith('space before a size', request('POST /a', [chunked], ' 5\r\nhello\r\n0\r\n\r\n')),
  ...['+5', '-5', '0x5', '', 'g', '5,', 'FFFFFFFFFFFFFFFFF', '10000000000000000', '5\0'].map((size) =>
    refusedWith(`chunk size ${JSON.stringify(size)}`, request('POST /a', [chunked], `${size}\r\nhello\r\n0\r\n\r\n`)),
  ),
  refusedWith(
    'more data than the size says',
    request('POST /a', [chunked], `5\r\nhello, world\r\n0\r\n\r\n${smuggled}`),
  ),
  refusedWith('no CRLF behind data', request('POST /a', [chunked], '5\r\nhello0\r\n\r\n')),
  refusedWith(
    'a request as trailers',
    request('POST /a', [chunked], '0\r\nGET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n'),
  ),
  refusedWith('framing in trailers', request('POST /a', [chunked], '0\r\nContent-Length: 5\r\n\r\nhello')),
  refusedWith('routing in trailers', request('POST /a', [chunked], '0\r\nHost: b.example\r\n\r\n')),
  refusedWith('fold in trailers', request('POST /a', [chunked], '0\r\nX: a\r\n b\r\n\r\n')),
];

const options: readonly Sequence[] = [
  {
    attack: 'Connection names the framing',
    sends: request('POST /a', ['Connection: content-length', 'Content-Length: 5'], 'hello'),
    gets: ['200 open', refused],
    backend: ['POST /a hello'],
  },
  {
    attack: 'Connection names the coding',
    sends: request('POST /a', ['Connection: transfer-encoding', chunked], '5\r\nhello\r\n0\r\n\r\n'),
    gets: ['200 open', refused],
    backend: ['POST /a hello'],
  },
  {
    attack: 'Connection names Host',
    sends: request('GET /a', ['Connection: host']),
    gets: ['200 open', refused],
    backend: ['GET /a'],
  },
  {
    attack: 'Connection names what we add',
    sends: request('GET /a', ['Connection: x-forwarded-for, x-forwarded-host, x-request-id']),
    gets: '200 open',
    backend: ['GET /a'],
  },
  refusedWith('Connection that is no list', request('GET /a', ['Connection: a b'])),
  {
    attack: 'Upgrade that is not granted, with a request behind it',
    sends: request('GET /a', ['Connection: upgrade', 'Upgrade: websocket']) + request('GET /unrouted', []),
    gets: '200 404 open',
    backend: ['GET /a'],
  },
  {
    attack: 'Upgrade with a body',
    sends: request(
      'POST /a',
      ['Connection: upgrade', 'Upgrade: websocket', 'Content-Length: 5'],
      `hello${request('GET /unrouted', [])}`,
    ),
    gets: ['200 404 open', refused],
    backend: ['POST /a hello'],
  },
  {
    attack: 'Upgrade to h2c',
    sends: request('GET /a', [
      'Connection: upgrade, http2-settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAAP__',
    ]),
    gets: '200 open',
    backend: ['GET /a'],
  },
  {
    attack: 'Upgrade without Connection',
    sends: request('GET /granted', ['Upgrade: websocket']),
    gets: '502 open',
    backend: ['GET /granted'],
  },
  {
    attack: 'Upgrade by HTTP/1.0',
    sends: 'GET /a HTTP/1.0\r\nHost: a.example\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    gets: '200 close',
    backend: ['GET /a'],
  },
  {
    attack: 'unknown expectation',
    sends: request('POST /a', ['Expect: y 100-continue', 'Content-Length: 5'], 'hello'),
    gets: '417 close',
  },
  {
    attack: 'Expect with the body at once',
    sends: request('POST /a', ['Expect: 100-continue', 'Content-Length: 5'], 'hello'),
    gets: ['200 open', '100 200 open'],
    backend: ['POST /a hello'],
  },
  {
    attack: 'Expect without a body',
    sends: request('GET /a', ['Expect: 100-continue']) + request('GET /b', []),
    gets: '200 200 open',
    backend: ['GET /a', 'GET /b'],
  },
  {
    attack: 'Expect twice',
    sends: request('POST /a', ['Expect: 100-continue', 'Expect: 100-continue', 'Content-Length: 5'], 'hello'),
    gets: ['200 open', '100 200 open', '417 close', refused],
    backend: ['POST /a hello'],
  },
];

/** Endpoints that answer before they should, or more than they should. */
const backends: readonly Sequence[] = [
  {
    attack: 'CL.0: an answer before the body, which is a request to who reads on',
    sends: request('POST /early', ['Content-Length: 144'], smuggled),
    gets: '200 close',
    spoils: true,
  },
  {
    attack: 'a final answer in place of 100 Continue',
    sends: request('POST /refuses', ['Expect: 100-continue', length(smuggled)]),
    gets: '417 close',
    spoils: true,
  },
  {
    attack: 'two answers to one request',
    sends: request('GET /twice', []),
    gets: '200 open',
    backend: ['GET /twice'],
    spoils: true,
  },
  {
    attack: 'a body behind an answer to HEAD',
    sends: request('HEAD /twice', []),
    gets: '200 open',
    backend: ['HEAD /twice'],
    spoils: true,
  },
  {
    attack: 'a body behind 204',
    sends: request('GET /no-content', []),
    gets: '204 open',
    backend: ['GET /no-content'],
    spoils: true,
  },
  {
    attack: 'an answer with both framings',
    sends: request('GET /both-framings', []),
    gets: '502 open',
    backend: ['GET /both-framings'],
    spoils: true,
  },
  {
    attack: 'an answer with two lengths',
    sends: request('GET /two-lengths', []),
    gets: '502 open',
    backend: ['GET /two-lengths'],
    spoils: true,
  },
  {
    attack: 'an answer split by a bare LF',
    sends: request('GET /bare-lf', []),
    gets: '502 open',
    backend: ['GET /bare-lf'],
    spoils: true,
  },
  {
    attack: 'an answer with a fold',
    sends: request('GET /fold', []),
    gets: '502 open',
    backend: ['GET /fold'],
    spoils: true,
  },
  {
    attack: 'an answer in another coding',
    sends: request('GET /gzip-coding', []),
    gets: '502 open',
    backend: ['GET /gzip-coding'],
    spoils: true,
  },
  {
    attack: '101 without being asked',
    sends: request('GET /granted', []),
    gets: '502 open',
    backend: ['GET /granted'],
    spoils: true,
  },
  {
    attack: 'interim answers without end',
    sends: request('GET /interim', []),
    gets: `${'103 '.repeat(8)}502 open`,
    backend: ['GET /interim'],
    spoils: true,
  },
  {
    attack: 'an answer to nothing, a moment later',
    sends: request('GET /late', []),
    gets: '200 open',
    backend: ['GET /late'],
    spoils: true,
  },
  {
    attack: 'the beginning of an answer to nothing, a moment later',
    sends: request('GET /late-half', []),
    gets: '200 open',
    backend: ['GET /late-half'],
    spoils: true,
  },
];

export const sequences: Readonly<Record<string, readonly Sequence[]>> = {
  framing,
  'one way to read it': unambiguous,
  lines,
  'host and target': hosts,
  chunks,
  'options and expectations': options,
  'deceiving endpoints': backends,
};
