import { literalBlock, type RawField, requestFields } from '../raw-http2/field-block.ts';
import { dataFrame, headersFrame } from '../raw-http2/frame.ts';
import { RawHttp2Connection } from '../raw-http2/raw-http2-connection.ts';
import { type Attack, attackedPaths } from './attack.ts';

const get = (more: readonly RawField[]): RawField[] => requestFields(attackedPaths.quick, 'GET', more);
const withPath = (path: string): RawField[] => requestFields(path);

/** What would become another request, or another field, once written as HTTP/1.1. */
const smuggling: ReadonlyMap<string, readonly RawField[]> = new Map([
  ['Transfer-Encoding', get([['transfer-encoding', 'chunked']])],
  ['Connection', get([['connection', 'x-y']])],
  ['Keep-Alive', get([['keep-alive', 'timeout=5']])],
  ['Proxy-Connection', get([['proxy-connection', 'keep-alive']])],
  ['Upgrade', get([['upgrade', 'h2c']])],
  ['TE other than trailers', get([['te', 'gzip']])],
  ['CR LF in a value', get([['x', 'a\r\ny: b']])],
  ['LF in a value', get([['x', 'a\nb']])],
  ['NUL in a value', get([['x', 'a\0b']])],
  ['CR LF in a name', get([['x\r\ny', 'b']])],
  ['colon in a name', get([['x:y', 'b']])],
  ['space in a name', get([['x y', 'b']])],
  ['empty name', get([['', 'b']])],
  ['upper case in a name', get([['X-Y', 'b']])],
  [
    'two Content-Lengths',
    get([
      ['content-length', '0'],
      ['content-length', '1'],
    ]),
  ],
  ['signed Content-Length', get([['content-length', '+0']])],
  ['CR LF in the path', withPath('/quick HTTP/1.1\r\nx: y\r\n\r\nGET /')],
  ['space in the path', withPath('/quick HTTP/1.1')],
  ['empty path', withPath('')],
  ['absolute path form', withPath('http://other.example.com/quick')],
  ['CR LF in the method', requestFields(attackedPaths.quick, 'GET / HTTP/1.1\r\nx: y\r\n\r\nGET')],
  ['two paths', [...requestFields(attackedPaths.quick), [':path', '/other']]],
  ['pseudo field behind a field', [...get([['x', 'y']]), [':path', '/other']]],
  ['unknown pseudo field', get([]).concat([[':other', 'x']])],
  ['authority that is not the Host', get([['host', 'other.example.com']])],
  ['user information in the authority', withAuthority('user@attacks.example.com')],
  ['path in the authority', withAuthority('attacks.example.com/x')],
  [
    'CONNECT',
    [
      [':method', 'CONNECT'],
      [':authority', 'attacks.example.com:443'],
    ],
  ],
]);

function withAuthority(authority: string): RawField[] {
  return get([]).map((field) => (field[0] === ':authority' ? [':authority', authority] : field));
}

/** Each on a connection of its own. Passed when nothing of it is written to the backend and the answer is an error. */
export const malformedRequests: readonly Attack[] = [
  ...[...smuggling].map(([name, fields]) =>
    refused(`malformed: ${name}`, (streamId) => [headersFrame(streamId, literalBlock(fields), true)]),
  ),
  refused('malformed: DATA beyond Content-Length 0', (streamId) => [
    headersFrame(streamId, literalBlock(requestFields(attackedPaths.upload, 'POST', [['content-length', '0']])), false),
    dataFrame(streamId, 'GET /quick HTTP/1.1\r\nHost: a\r\n\r\n', true),
  ]),
];

/** The whole is written at once: what a server may not forward before it has seen it all. */
function refused(name: string, frames: (streamId: number) => readonly Buffer[]): Attack {
  return {
    name,
    async run(target) {
      const connection = await RawHttp2Connection.open({ port: target.port });
      const before = target.backendHits();
      try {
        const streamId = connection.nextStreamId();
        connection.write(...frames(streamId));
        await connection.until(
          () => connection.isClosed || connection.resets.has(streamId) || connection.statuses.has(streamId),
          3_000,
        );
        const status = connection.statuses.get(streamId);
        const reached = target.backendHits() - before;
        const isRefused =
          connection.resets.has(streamId) || connection.isClosed || (status !== undefined && status >= 400);
        const answer =
          status ?? (connection.resets.has(streamId) ? 'reset' : connection.isClosed ? 'closed' : 'nothing');
        return { passed: isRefused && reached === 0, detail: `answered ${answer}, ${reached} reached the backend` };
      } finally {
        connection.destroy();
      }
    },
  };
}
