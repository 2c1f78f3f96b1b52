/** Raw octets (latin1) and what the response parser must make of them; the notation is `describeReading`'s. */
export interface ResponseCase {
  readonly name: string;
  readonly raw: string;
  readonly want: string;
  /** Of the requests that are answered. */
  readonly methods: readonly string[];
  /** The peer closes behind the octets. */
  readonly closed: boolean;
}

function of(want: string, name: string, raw: string, more: Partial<ResponseCase> = {}): ResponseCase {
  return { name, raw, want, methods: ['GET'], closed: false, ...more };
}

const closed = { closed: true };
const twice = { methods: ['GET', 'GET'] };
const ok = 'HTTP/1.1 200 OK\r\n';
const empty = `${ok}Content-Length: 0\r\n\r\n`;
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;
const early = 'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n';
const upgrade = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n';

const statusLines: readonly ResponseCase[] = [
  of('200 length=0', 'the least response', empty),
  of('200 length=0 ; 200 length=0', 'two responses to two requests', `${empty}${empty}`, twice),
  of('299 length=0', 'a status nobody registered', 'HTTP/1.1 299 Whatever\r\nContent-Length: 0\r\n\r\n'),
  of('999 length=0', 'a status beyond 599', 'HTTP/1.1 999 Denied\r\nContent-Length: 0\r\n\r\n'),
  of('200 length=0', 'no reason', 'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n'),
  of('200 length=0', 'no reason and no space', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n'),
  of('200 length=0', 'obs-text and tabs in the reason', 'HTTP/1.1 200 \xe9\t!\r\nContent-Length: 0\r\n\r\n'),
  of('', 'nothing', ''),
  of('cut off', 'closed before anything', '', closed),
  of('cut off', 'closed within the status line', 'HTTP/1.1 20', closed),
  of('…', 'half a status line', 'HTTP/1.1 20'),
  of('…', 'no empty line', ok),
  of('cut off', 'closed within the head', `${ok}Content-Le`, closed),
  ...[
    ['an empty line first', '\r\n'],
    ['LF first', '\n'],
    ['a space first', ' HTTP/1.1 200 OK\r\n'],
    ['HTTP/0.9', '<html>hello</html>\r\n'],
    ['a version in lower case', 'http/1.1 200 OK\r\n'],
    ['version 2', 'HTTP/2 200 OK\r\n'],
    ['version 2.0', 'HTTP/2.0 200 OK\r\n'],
    ['version 1.2', 'HTTP/1.2 200 OK\r\n'],
    ['version 1.', 'HTTP/1. 200 OK\r\n'],
    ['no status', 'HTTP/1.1\r\n'],
    ['no status but a space', 'HTTP/1.1 \r\n'],
    ['two spaces before the status', 'HTTP/1.1  200 OK\r\n'],
    ['a tab before the status', 'HTTP/1.1\t200 OK\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n'],
    ['a status with a sign', 'HTTP/1.1 +20 OK\r\n'],
    ['status 099', 'HTTP/1.1 099 OK\r\n'],
    ['status 000', 'HTTP/1.1 000 OK\r\n'],
    ['letters for a status', 'HTTP/1.1 abc OK\r\n'],
    ['a tab behind the status', 'HTTP/1.1 200\tOK\r\n'],
    ['NUL in the reason', 'HTTP/1.1 200 O\0K\r\n'],
    ['CR in the reason', 'HTTP/1.1 200 O\rK\r\n'],
    ['a status line ended by LF', 'HTTP/1.1 200 OK\n'],
    ['a status line ended by CR CR LF', 'HTTP/1.1 200 OK\r\r\n'],
    ['a status line that is too long', `HTTP/1.1 200 ${'x'.repeat(1100)}\r\n`],
    ['a status line without end', `HTTP/1.1 200 ${'x'.repeat(1100)}`],
    ['another protocol', 'ICY 200 OK\r\n'],
    ['an SSH banner', 'SSH-2.0-OpenSSH\r\n'],
    ['a TLS alert', '\x15\x03\x01\x00\x02\x02\x46'],
  ].map(([name, raw]) => of('502 bad_status_line', name!, raw!)),
];

const fields: readonly ResponseCase[] = [
  of(
    '200 [set-cookie: a, x: 1, set-cookie: b] length=0',
    'order and repetition are kept',
    `${ok}Set-Cookie: a\r\nX: 1\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n`,
  ),
  of('200 [x_y: 1] length=0', 'underscores are fine', `${ok}X_Y: 1\r\nContent-Length: 0\r\n\r\n`),
  of(
    '200 [y: 2] length=0',
    'hop-by-hop fields go, and what Connection names',
    `${ok}X: 1\r\nConnection: x\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: b\r\nUpgrade: h2c\r\nHost: a\r\nTE: trailers\r\ny: 2\r\nContent-Length: 0\r\n\r\n`,
  ),
  of('200 [expect: x] length=0', 'Expect means nothing here', `${ok}Expect: x\r\nContent-Length: 0\r\n\r\n`),
  of('502 bare_lf', 'a field line ended by LF', `${ok}X: 1\n\r\n`),
  of('502 bare_lf', 'an empty line of LF', `${ok}X: 1\r\n\n`),
  of('502 bare_cr', 'CR in a value', `${ok}X: a\rb\r\n\r\n`),
  of('502 bare_cr', 'response splitting by CR', `${ok}X: a\rSet-Cookie: evil\r\n\r\n`),
  of('502 obs_fold', 'a folded value', `${ok}X: 1\r\n 2\r\n\r\n`),
  of('502 obs_fold', 'whitespace before the first field', `${ok} X: 1\r\n\r\n`),
  of('502 space_before_colon', 'a space before the colon', `${ok}Content-Length : 0\r\n\r\n`),
  of('502 bad_value_byte', 'NUL in a value', `${ok}X: \0\r\n\r\n`),
  of('502 bad_name_byte', 'NUL in a name', `${ok}X\0: 1\r\n\r\n`),
  of('502 missing_colon', 'no colon', `${ok}Garbage\r\n\r\n`),
  of('502 empty_name', 'no name', `${ok}: 1\r\n\r\n`),
  of('502 head_too_large', 'a head that is too long', `${ok}X: ${'x'.repeat(400)}\r\n\r\n`),
  of('502 head_too_large', 'a head without end', `${ok}X: ${'x'.repeat(600)}`),
  of('502 too_many_fields', 'too many fields', `${ok}${'a: b\r\n'.repeat(13)}\r\n`),
];

const bodies: readonly ResponseCase[] = [
  of('200 length=5 "hello"', 'a body of a length', `${ok}Content-Length: 5\r\n\r\nhello`),
  of('200 length=5 "hel" …', 'a body that is not finished', `${ok}Content-Length: 5\r\n\r\nhel`),
  of('200 length=5 "hel" … ; cut off', 'a body that is cut off', `${ok}Content-Length: 5\r\n\r\nhel`, closed),
  of('200 length=5 "hello" ; 3 left', 'more than the length', `${ok}Content-Length: 5\r\n\r\nhello!!!`),
  of('200 length=0 ; 5 left', 'a body behind length 0', `${empty}hello`),
  of('200 length=0 ; 38 left', 'a response nobody asked for', `${empty}${empty}`),
  of('200 "hello" …', 'a body until the peer closes', `${ok}\r\nhello`),
  of('200 close "hello"', 'a body that the end of the connection ends', `${ok}\r\nhello`, closed),
  of('200 close', 'an empty body that the end of the connection ends', `${ok}\r\n`, closed),
  of('200 "hello"', 'chunked', `${chunked}5\r\nhello\r\n0\r\n\r\n`),
  of('200 "hello" +[x-t: 1]', 'trailers', `${chunked}5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n`),
  of(
    '200 "x" +[grpc-status: 0]',
    'trailers that do not belong there are dropped',
    `${chunked}1\r\nx\r\n0\r\nSet-Cookie: a\r\ngrpc-status: 0\r\nContent-Type: b\r\n\r\n`,
  ),
  of('200 "hello" … ; cut off', 'chunks without the last', `${chunked}5\r\nhello\r\n`, closed),
  of('200 … ; cut off', 'no chunk at all', chunked, closed),
  of('200 "hello" … ; cut off', 'no empty line behind the last chunk', `${chunked}5\r\nhello\r\n0\r\n`, closed),
  of('200 "x" ; 1 left', 'something behind the last chunk', `${chunked}1\r\nx\r\n0\r\n\r\nx`),
  of('200 … ; 502 bad_chunk_size', 'a size that is none', `${chunked}xyz\r\n`),
  of('200 "hello" … ; 502 bad_chunk_end', 'a chunk that is longer than its size', `${chunked}5\r\nhello!\r\n0\r\n\r\n`),
  of('200 … ; 502 bare_lf', 'a size ended by LF', `${chunked}5\nhello\r\n0\r\n\r\n`),
  of(
    '200 "x" … ; 502 bad_trailer',
    'Content-Length in the trailers',
    `${chunked}1\r\nx\r\n0\r\nContent-Length: 1\r\n\r\n`,
  ),
  ...['', '-1', '5, 5', '5,6', '5 5', '0x5', '1e1', '9999999999999999'].map((value) =>
    of(
      '502 bad_content_length',
      `Content-Length ${JSON.stringify(value)}`,
      `${ok}Content-Length: ${value}\r\n\r\nhello`,
    ),
  ),
  of(
    '502 duplicate_content_length',
    'two Content-Lengths that differ',
    `${ok}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`,
  ),
  of(
    '502 duplicate_content_length',
    'the same Content-Length twice',
    `${ok}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`,
  ),
  of(
    '502 length_and_transfer_encoding',
    'both framings',
    `${ok}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ),
  ...['gzip', 'gzip, chunked', 'chunked, gzip', 'identity', 'chunked, chunked', ''].map((value) =>
    of(
      '502 bad_transfer_encoding',
      `Transfer-Encoding ${JSON.stringify(value)}`,
      `${ok}Transfer-Encoding: ${value}\r\n\r\n0\r\n\r\n`,
      closed,
    ),
  ),
  of(
    '502 bad_transfer_encoding',
    'chunked twice',
    `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ),
  of(
    '502 transfer_encoding_in_http10',
    'chunked in HTTP/1.0',
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ),
];

const bodiless: readonly ResponseCase[] = [
  of('200 length=5', 'to HEAD, with its length', `${ok}Content-Length: 5\r\n\r\n`, { methods: ['HEAD'] }),
  of('200', 'to HEAD, without length', `${ok}\r\n`, { methods: ['HEAD'] }),
  of('200', 'to HEAD, chunked', chunked, { methods: ['HEAD'] }),
  of('200 length=5 ; 5 left', 'to HEAD, with a body', `${ok}Content-Length: 5\r\n\r\nhello`, { methods: ['HEAD'] }),
  of(
    '200 length=5 ; 200 length=1 "x"',
    'to HEAD, then to GET',
    `${ok}Content-Length: 5\r\n\r\n${ok}Content-Length: 1\r\n\r\nx`,
    { methods: ['HEAD', 'GET'] },
  ),
  of('204', '204', 'HTTP/1.1 204 No Content\r\n\r\n'),
  of('204 length=5', '204 with a length', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n'),
  of('204 close', '204 with chunks that do not come', 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n'),
  of('204 close ; 5 left', '204 with chunks', 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
  of(
    '304 [etag: "a"] length=5',
    '304 with a length',
    'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 5\r\n\r\n',
  ),
  of('304', '304 without', 'HTTP/1.1 304 Not Modified\r\n\r\n', closed),
  of('205 length=0', '205', 'HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n'),
];

const interim: readonly ResponseCase[] = [
  of('info 103 [link: x] ; 200 length=0', '103 before a response', `${early}${empty}`),
  of('info 100 ; 200 length=0', '100 before a response', `HTTP/1.1 100 Continue\r\n\r\n${empty}`),
  of('info 102 ; info 103 [link: x] ; 200 length=0', 'several', `HTTP/1.1 102 Processing\r\n\r\n${early}${empty}`),
  of('info 199 ; 200 length=0', 'one nobody registered', `HTTP/1.1 199 X\r\nContent-Length: 0\r\n\r\n${empty}`),
  of('info 103 [link: x] ; …', 'nothing behind it', early),
  of('info 103 [link: x] ; cut off', 'closed behind it', early, closed),
  of(`${'info 103 [link: x] ; '.repeat(8)}200 length=0`, 'eight', `${early.repeat(8)}${empty}`),
  of(`${'info 103 [link: x] ; '.repeat(8)}502 too_many_interim`, 'nine', `${early.repeat(9)}${empty}`),
  of(
    `${'info 103 [link: x] ; '.repeat(10)}200 length=0 ; 200 length=0`,
    'five before each of two',
    `${early.repeat(5)}${empty}`.repeat(2),
    twice,
  ),
  of('502 interim_with_body', 'one with a length', `HTTP/1.1 103 X\r\nContent-Length: 5\r\n\r\nhello${empty}`),
  of(
    '502 interim_with_body',
    'one with chunks',
    `HTTP/1.1 103 X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${empty}`,
  ),
  of('101 [x: 1] upgrade=websocket …', '101', upgrade.replace('\r\n\r\n', '\r\nX: 1\r\n\r\n')),
  of('101 upgrade=websocket … ; 5 left', 'the tunnel behind a 101', `${upgrade}\x81\x03abc`),
  of('502 bad_upgrade', '101 without Upgrade', 'HTTP/1.1 101 X\r\nConnection: upgrade\r\n\r\n'),
  of('502 bad_upgrade', '101 that Connection does not name', 'HTTP/1.1 101 X\r\nUpgrade: websocket\r\n\r\n'),
  of('502 bad_upgrade', '101 to h2c', 'HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n'),
  of(
    '502 interim_with_body',
    '101 with a length',
    'HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: a\r\nContent-Length: 1\r\n\r\nx',
  ),
];

const endings: readonly ResponseCase[] = [
  of('200 length=0 close', 'Connection: close', `${ok}Connection: close\r\nContent-Length: 0\r\n\r\n`),
  of('200 length=0 close', 'close among others', `${ok}Connection: keep-alive, Close\r\nContent-Length: 0\r\n\r\n`),
  of('200 length=0', 'keep-alive', `${ok}Connection: keep-alive\r\nContent-Length: 0\r\n\r\n`),
  of('200 length=0 close', 'HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n'),
  of(
    '200 length=0',
    'HTTP/1.0 with keep-alive',
    'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n',
  ),
  of(
    '200 close "x"',
    'HTTP/1.0 with keep-alive, but without length',
    'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nx',
    closed,
  ),
  of('502 bad_connection', 'Connection that is no list', `${ok}Connection: "close"\r\n\r\n`),
];

export const responseCases: readonly ResponseCase[] = [
  ...statusLines,
  ...fields,
  ...bodies,
  ...bodiless,
  ...interim,
  ...endings,
];
