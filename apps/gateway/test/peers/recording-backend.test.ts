import { afterAll, beforeAll, expect, it } from 'vitest';
import { RawClient, until } from '../downstream/raw-client.ts';
import { RecordingBackend } from './recording-backend.ts';

let backend: RecordingBackend;

beforeAll(async () => {
  backend = await RecordingBackend.start();
});

afterAll(() => backend.stop());

const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';

// Without any gateway in between: the judge of the smuggling sequences must see what they would smuggle.
it.each([
  ['both framings', `POST /a HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ['two lengths', `POST /a HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 38\r\n\r\n${smuggled}`],
  ['a list of lengths', 'POST /a HTTP/1.1\r\nContent-Length: 5, 5\r\n\r\nhello'],
  ['another coding', 'POST /a HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
  ['a bare LF', 'GET /a HTTP/1.1\r\nX: a\nY: b\r\n\r\n'],
  ['a fold', 'GET /a HTTP/1.1\r\nX: a\r\n b\r\n\r\n'],
  ['space before a colon', 'GET /a HTTP/1.1\r\nX : a\r\n\r\n'],
  ['a control character', 'GET /a HTTP/1.1\r\nX: a\0\r\n\r\n'],
  ['two spaces', 'GET  /a HTTP/1.1\r\n\r\n'],
  ['what is no request', 'hello\r\n\r\n'],
  ['a chunk extension', 'POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n0\r\n\r\n'],
  ['a chunk without end', 'POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n0\r\n\r\n'],
])('%s is a fault', async (_what, octets) => {
  const before = backend.faults.length;
  const client = await RawClient.open(backend.port);
  client.send(octets);
  await until(
    () => backend.faults.length === before + 1,
    () => 'a fault',
  );
  client.close();
});

it('every request is seen for itself', async () => {
  const client = await RawClient.open(backend.port);
  const chunked = 'POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nX: y\r\n\r\n';
  client.send(`POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello${chunked}${smuggled}`);
  await client.receives('this is /smuggled');
  expect(backend.summary(0)).toEqual(['POST /a hello', 'POST /b abc', 'GET /smuggled']);
  expect(backend.requests[1]!.trailers).toEqual(['X: y']);
  client.close();
});
