import { end, get, of, padding, post, type RequestCase } from './request-case.ts';

const chunked = `${post}Transfer-Encoding: chunked\r\n\r\n`;

const lengths: readonly RequestCase[] = [
  of('POST a / length=5 "hello" ; GET a /', 'a body of a length', `${post}Content-Length: 5\r\n\r\nhello${get}${end}`),
  of('POST a / length=0 ; GET a /', 'length 0', `${post}Content-Length: 0\r\n\r\n${get}${end}`),
  of('POST a / ; GET a /', 'no length is no body', `${post}\r\n${get}${end}`),
  of('GET a / length=3 "abc" ; GET a /', 'a body on GET', `${get}Content-Length: 3\r\n\r\nabc${get}${end}`),
  of(
    'HEAD a / length=1 "x" ; GET a /',
    'a body on HEAD',
    `HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx${get}${end}`,
  ),
  of('OPTIONS a * length=1 "x"', 'a body on OPTIONS', 'OPTIONS * HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx'),
  of('POST a / length=5 "hel" …', 'a body that is cut off', `${post}Content-Length: 5\r\n\r\nhel`),
  of('POST a / length=5 …', 'a body that has not begun', `${post}Content-Length: 5\r\n\r\n`),
  of('POST a / length=5 "hello"', 'leading zeros', `${post}Content-Length: 005\r\n\r\nhello`),
  of('POST a / length=0 ; 400 bad_method', 'garbage behind a body', `${post}Content-Length: 0\r\n\r\n(`),
  ...[
    '',
    '-1',
    '+5',
    '5 5',
    '5,5',
    '5, 6',
    '0x5',
    '5.0',
    '5e0',
    'five',
    '5;',
    '\xb2',
    '5_0',
    '9999999999999999',
    '18446744073709551616',
    '5\t5',
    '"5"',
  ].map((value) =>
    of(
      '400 bad_content_length',
      `Content-Length ${JSON.stringify(value)}`,
      `${post}Content-Length: ${value}\r\n\r\nhello`,
    ),
  ),
  of(
    '400 duplicate_content_length',
    'two Content-Lengths that differ',
    `${post}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`,
  ),
  of(
    '400 duplicate_content_length',
    'the same Content-Length twice',
    `${post}Content-Length: 5\r\ncontent-length: 5\r\n\r\nhello`,
  ),
  of('400 duplicate_content_length', 'Content-Length 0 twice', `${post}Content-Length: 0\r\nContent-Length: 0\r\n\r\n`),
  of('POST a / length=999999999999999 "x" …', 'the greatest length', `${post}Content-Length: 999999999999999\r\n\r\nx`),
];

const codings: readonly RequestCase[] = [
  of('POST a / "hello" ; GET a /', 'chunked', `${chunked}5\r\nhello\r\n0\r\n\r\n${get}${end}`),
  of('POST a / "hello"', 'Chunked in capitals', `${post}Transfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n`),
  of(
    'GET a / "x" ; GET a /',
    'chunked on GET',
    `${get}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n${get}${end}`,
  ),
  of(
    '400 length_and_transfer_encoding',
    'CL.TE',
    `${post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`,
  ),
  of(
    '400 length_and_transfer_encoding',
    'TE.CL',
    `${post}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n8\r\nSMUGGLED\r\n0\r\n\r\n`,
  ),
  of(
    '400 length_and_transfer_encoding',
    'TE with Content-Length 0',
    `${post}Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n`,
  ),
  of(
    '400 bad_transfer_encoding',
    'chunked twice',
    `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ),
  of(
    '400 bad_transfer_encoding',
    'chunked, then identity',
    `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
  ),
  ...[
    '',
    'identity',
    'gzip',
    'gzip, chunked',
    'chunked, gzip',
    'chunked, chunked',
    'chunked,',
    ',chunked',
    'xchunked',
    'chunkedx',
    'chunke',
    'chunked;q=1',
    '"chunked"',
    'chunked chunked',
    'cow',
    '\xa0chunked',
    'chunked\xa0',
  ].map((value) =>
    of(
      '400 bad_transfer_encoding',
      `Transfer-Encoding ${JSON.stringify(value)}`,
      `${post}Transfer-Encoding: ${value}\r\n\r\n0\r\n\r\n`,
    ),
  ),
  of('POST a / "x"', 'whitespace before chunked', `${post}Transfer-Encoding: \t chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`),
  of('400 bad_transfer_encoding', 'a tab behind chunked', `${post}Transfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n`),
  of('400 bad_transfer_encoding', 'a space behind chunked', `${post}Transfer-Encoding: chunked \r\n\r\n0\r\n\r\n`),
  of(
    '400 transfer_encoding_in_http10',
    'chunked in HTTP/1.0',
    'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ),
  of('400 underscore_in_name', 'Transfer_Encoding', `${post}Transfer_Encoding: chunked\r\n\r\n0\r\n\r\n`),
];

const chunks: readonly RequestCase[] = [
  of('POST a / "hello world"', 'several chunks', `${chunked}5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n`),
  of('POST a / "0123456789abcdef"', 'hexadecimal sizes', `${chunked}A\r\n0123456789\r\n6\r\nabcdef\r\n0\r\n\r\n`),
  of('POST a / "x"', 'zeros before a size, and as the last', `${chunked}0001\r\nx\r\n000\r\n\r\n`),
  of('POST a /', 'no chunk but the last', `${chunked}0\r\n\r\n`),
  of('POST a / "\\r\\n0\\r\\n\\r\\n"', 'data that looks like an end', `${chunked}7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n`),
  of('POST a / …', 'before the first size', chunked),
  of('POST a / …', 'within a size', `${chunked}5`),
  of('POST a / "hel" …', 'within a chunk', `${chunked}5\r\nhel`),
  of('POST a / "hello" …', 'before the CRLF of a chunk', `${chunked}5\r\nhello`),
  of('POST a / "hello" …', 'within the CRLF of a chunk', `${chunked}5\r\nhello\r`),
  of('POST a / …', 'before the last empty line', `${chunked}0\r\n`),
  of('POST a / …', 'within the last empty line', `${chunked}0\r\n\r`),
  ...['', 'g', '-1', '+5', '0x5', ' 5', '5 ', '5\t', '5,5', '5h', '1000000000000000', '0000000000005', '\xb2'].map(
    (size) =>
      of(
        'POST a / … ; 400 bad_chunk_size',
        `chunk size ${JSON.stringify(size)}`,
        `${chunked}${size}\r\nhello\r\n0\r\n\r\n`,
      ),
  ),
  of('POST a / … ; 400 bare_lf', 'a size ended by LF', `${chunked}5\nhello\r\n0\r\n\r\n`),
  of('POST a / … ; 400 bad_chunk_size', 'a size ended by CR CR LF', `${chunked}5\r\r\nhello\r\n0\r\n\r\n`),
  of('POST a / "hello" … ; 400 bad_chunk_end', 'LF behind chunk data', `${chunked}5\r\nhello\n0\r\n\r\n`),
  of('POST a / "hello" … ; 400 bad_chunk_end', 'nothing behind chunk data', `${chunked}5\r\nhello0\r\n\r\n`),
  of('POST a / "hello" … ; 400 bad_chunk_end', 'a longer chunk than its size', `${chunked}5\r\nhello!\r\n0\r\n\r\n`),
  of(
    'POST a / "hello" … ; 400 bad_chunk_end',
    'CR and something behind chunk data',
    `${chunked}5\r\nhello\rX0\r\n\r\n`,
  ),
  of('POST a / … ; 400 bare_lf', 'LF as the last line', `${chunked}0\r\n\n`),
  of(
    'POST a / "x" ; GET a /',
    'extensions are dropped',
    `${chunked}1;a;b=c;d="e f\\"g"\r\nx\r\n0;z\r\n\r\n${get}${end}`,
  ),
  ...[
    ';',
    ';=a',
    ';a=',
    ';a b',
    ';a="',
    ';a="b',
    ';a="b"c',
    ';a=b\0',
    ';a="\x7f"',
    ' ;a',
    '; a',
    ';a =b',
    ';a= b',
    ';a;',
    ';a="\\',
  ].map((extension) =>
    of(
      extension.startsWith(' ') ? 'POST a / … ; 400 bad_chunk_size' : 'POST a / … ; 400 bad_chunk_extension',
      `extension ${JSON.stringify(extension)}`,
      `${chunked}5${extension}\r\nhello\r\n0\r\n\r\n`,
    ),
  ),
  of(
    'POST a / … ; 400 bad_chunk_extension',
    'an extension with LF in quotes',
    `${chunked}5;a="\n"\r\nhello\r\n0\r\n\r\n`,
  ),
  of('POST a / "x"', 'extensions of 1 KiB', `${chunked}1;${'a'.repeat(1023)}\r\nx\r\n0\r\n\r\n`),
  of(
    'POST a / … ; 400 chunk_extensions_too_long',
    'an extension beyond 1 KiB',
    `${chunked}1;${'a'.repeat(1024)}\r\nx\r\n0\r\n\r\n`,
  ),
  of(
    'POST a / "xx" … ; 400 chunk_extensions_too_long',
    'extensions beyond 1 KiB together',
    `${chunked}1;${'a'.repeat(600)}\r\nx\r\n1;${'a'.repeat(400)}\r\nx\r\n0;${'a'.repeat(30)}\r\n\r\n`,
  ),
  of('POST a / … ; 400 chunk_extensions_too_long', 'a size line without end', `${chunked}1;${'a'.repeat(1100)}`),
];

const trailers: readonly RequestCase[] = [
  of(
    'POST a / "x" +[x-t: 1, x-u: 2] ; GET a /',
    'trailers',
    `${chunked}1\r\nx\r\n0\r\nX-T: 1\r\nX-U: 2\r\n\r\n${get}${end}`,
  ),
  of(
    'POST a / [trailer: grpc-status] "x" +[grpc-status: 0]',
    'trailers behind Trailer',
    `${post}Transfer-Encoding: chunked\r\nTrailer: grpc-status\r\n\r\n1\r\nx\r\n0\r\ngrpc-status: 0\r\n\r\n`,
  ),
  of(
    'POST a / "x" ; GET a /',
    'trailers that do not belong there are dropped',
    `${chunked}1\r\nx\r\n0\r\nAuthorization: a\r\nCookie: b\r\nX-Forwarded-For: c\r\nContent-Type: d\r\nExpect: e\r\n\r\n${get}${end}`,
  ),
  ...[
    'Content-Length: 1',
    'Transfer-Encoding: chunked',
    'Host: b',
    'Connection: close',
    'TE: trailers',
    'Upgrade: a',
    'Keep-Alive: a',
    'Proxy-Authorization: a',
  ].map((line) =>
    of('POST a / "x" … ; 400 bad_trailer', `trailer ${line}`, `${chunked}1\r\nx\r\n0\r\n${line}\r\n\r\n`),
  ),
  of('POST a / … ; 400 obs_fold', 'a folded trailer', `${chunked}0\r\nX: 1\r\n 2\r\n\r\n`),
  of('POST a / … ; 400 space_before_colon', 'a trailer with a space before its colon', `${chunked}0\r\nX : 1\r\n\r\n`),
  of('POST a / … ; 400 underscore_in_name', 'a trailer with an underscore', `${chunked}0\r\nX_Y: 1\r\n\r\n`),
  of('POST a / … ; 400 missing_colon', 'a request where a trailer is due', `${chunked}0\r\n${get}${end}`),
  of('POST a / … ; 431 head_too_large', 'trailers that are too long', `${chunked}0\r\n${padding(401)}\r\n`),
  of('POST a / … ; 431 too_many_fields', 'too many trailers', `${chunked}0\r\n${'a: b\r\n'.repeat(13)}\r\n`),
];

export const requestBodyCases: readonly RequestCase[] = [...lengths, ...codings, ...chunks, ...trailers];
