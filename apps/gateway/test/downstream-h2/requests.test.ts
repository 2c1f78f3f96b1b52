import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { Field, names, ResponseHead } from '@fairlead/message';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fixture } from '../downstream/fixture.ts';
import { until } from '../downstream/raw-client.ts';
import { Flag, FrameClient, FrameType, fieldBlock, frame, request } from './frame-client.ts';

/** What came back on a stream of node:http2. */
class Answer {
  status: number = 0;
  headers: Record<string, unknown> = {};
  infos: number[] = [];
  trailers: Record<string, unknown> = {};
  text: string = '';
  ended: boolean = false;
  closed: boolean = false;
  readonly stream: ClientHttp2Stream;

  constructor(stream: ClientHttp2Stream) {
    this.stream = stream;
    stream.on('headers', (headers) => this.infos.push(Number(headers[':status'])));
    stream.on('response', (headers) => {
      this.headers = headers;
      this.status = Number(headers[':status']);
    });
    stream.on('trailers', (trailers) => {
      this.trailers = trailers;
    });
    stream.on('data', (bytes: Buffer) => {
      this.text += bytes.latin1Slice();
    });
    stream.on('end', () => {
      this.ended = true;
    });
    stream.on('error', () => {});
    stream.on('close', () => {
      this.closed = true;
    });
  }

  async ends(): Promise<this> {
    await until(
      () => this.closed,
      () => `the end of ${this.status} ${this.text}`,
    );
    return this;
  }
}

describe('over HTTP/2', () => {
  let fixture: Fixture;
  let client: ClientHttp2Session;

  beforeEach(async () => {
    fixture = await Fixture.plain();
    client = connect(`http://127.0.0.1:${fixture.port}`);
    client.on('error', () => {});
  });

  afterEach(() => {
    client.destroy();
    fixture.close();
    expect(fixture.faults).toEqual([]);
  });

  function send(headers: Record<string, string | string[]> = {}, options: object = {}): Answer {
    return new Answer(client.request({ ':path': '/', ...headers }, options));
  }

  it('a request arrives with its head, body and trailers', async () => {
    const headers = { ':path': '/a?b', ':method': 'PUT', cookie: ['a=1', 'b=2'], te: 'trailers', 'x-own': 'y' };
    const answer = send(headers, { waitForTrailers: true });
    answer.stream.on('wantTrailers', () => answer.stream.sendTrailers({ 'x-sum': '7' }));
    answer.stream.end('body');
    const exchange = await fixture.handler.exchange();
    await until(
      () => exchange.ended,
      () => 'the end of the request',
    );
    const { method, path, scheme, trailersAccepted, authority } = exchange.head;
    expect({ method, path, scheme, trailersAccepted, authority }).toEqual({
      ...{ method: 'PUT', path: '/a?b', scheme: 'http', trailersAccepted: true },
      authority: `127.0.0.1:${fixture.port}`,
    });
    const fields = exchange.head.fields.map(({ name, value }) => `${name.name}: ${value}`);
    expect(fields).toEqual(['cookie: a=1; b=2', 'x-own: y']);
    expect(exchange.body).toBe('body');
    expect(exchange.trailers.map(({ name, value }) => `${name.name}: ${value}`)).toEqual(['x-sum: 7']);
    expect(exchange.stream.protocolVersion).toBe('2');
    expect(exchange.stream.peer).toMatchObject({ address: '127.0.0.1', tls: null });
    exchange.answer('done');
    expect((await answer.ends()).text).toBe('done');
  });

  it('a response arrives with its interim heads, body and trailers', async () => {
    fixture.handler.script = ({ stream }) => {
      stream.sendInfo(new ResponseHead(103, [new Field(names.location, '/hint')]));
      stream.sendHead(new ResponseHead(201, [new Field(names.contentType, 'text/plain')]), false);
      stream.sendData(Buffer.from('body'), 0, 4, false);
      stream.sendTrailers([new Field(names.xRequestId, 't')]);
    };
    const answer = await send().ends();
    expect(answer.infos).toEqual([103]);
    expect(answer).toMatchObject({ status: 201, text: 'body', trailers: { 'x-request-id': 't' } });
    expect(answer.headers).toMatchObject({ 'content-type': 'text/plain' });
  });

  it('the answer to HEAD has its length and no body', async () => {
    fixture.handler.script = ({ stream }) => {
      const head = new ResponseHead(200, []);
      head.contentLength = 1_000;
      stream.sendHead(head, true);
    };
    const answer = await send({ ':method': 'HEAD' }).ends();
    expect(answer.headers['content-length']).toBe('1000');
    expect(answer).toMatchObject({ status: 200, text: '', ended: true });
  });

  it('both directions stream at once', async () => {
    const answer = send({ ':method': 'POST' }, { endStream: false });
    const exchange = await fixture.handler.exchange();
    exchange.begin();
    for (let i = 0; i < 5; i++) {
      answer.stream.write(`<${i}>`);
      await until(
        () => exchange.body.endsWith(`<${i}>`),
        () => `part ${i}`,
      );
      exchange.send(`[${i}]`);
      await until(
        () => answer.text.endsWith(`[${i}]`),
        () => `answer ${i}`,
      );
    }
    answer.stream.end();
    exchange.send('.', true);
    expect((await answer.ends()).text).toBe('[0][1][2][3][4].');
  });

  it('many requests are served at once, and answered in any order', async () => {
    const answers = Array.from({ length: 100 }, (_, i) => send({ ':path': `/${i}` }));
    await fixture.handler.exchange(99);
    for (const exchange of [...fixture.handler.exchanges].reverse()) exchange.answer(exchange.head.path);
    for (const [i, answer] of answers.entries()) expect((await answer.ends()).text).toBe(`/${i}`);
    expect(fixture.downstream.connectionCount).toBe(1);
  });

  it('a client that resets its stream aborts its exchange alone', async () => {
    const [gone, stays] = [send({ ':path': '/gone' }), send({ ':path': '/stays' })];
    const second = await fixture.handler.exchange(1);
    gone.stream.close(constants.NGHTTP2_CANCEL);
    await until(
      () => fixture.handler.exchanges[0]!.aborted === 'client_gone',
      () => 'abort',
    );
    second.answer('still there');
    expect((await stays.ends()).text).toBe('still there');
  });

  it('a client that closes its connection aborts all of its exchanges', async () => {
    for (let i = 0; i < 3; i++) send();
    await fixture.handler.exchange(2);
    client.destroy();
    await until(
      () => fixture.handler.exchanges.every(({ aborted }) => aborted === 'client_gone'),
      () => 'aborts',
    );
    await until(
      () => fixture.downstream.connectionCount === 0,
      () => 'close',
    );
  });

  it('an answer that breaks off never looks complete, and harms no other', async () => {
    const [broken, whole] = [send(), send()];
    const [first, second] = [await fixture.handler.exchange(), await fixture.handler.exchange(1)];
    first.begin();
    first.send('half');
    await until(
      () => broken.text === 'half',
      () => 'the first half',
    );
    first.stream.abort('upstream_gone');
    await broken.ends();
    expect(broken.stream.rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR);
    second.answer('whole');
    expect((await whole.ends()).text).toBe('whole');
  });

  it('an answer before the end of its request ends both', async () => {
    const answer = send({ ':method': 'POST' }, { endStream: false });
    answer.stream.write('some');
    (await fixture.handler.exchange()).answer('enough', 413);
    await answer.ends();
    expect(answer).toMatchObject({ status: 413, text: 'enough' });
    expect(answer.stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
  });

  it('a 100 goes to who asks for it', async () => {
    const answer = send({ ':method': 'POST', expect: '100-continue' }, { endStream: false });
    const exchange = await fixture.handler.exchange();
    expect(exchange.head.expectContinue).toBe(true);
    let continued = false;
    answer.stream.on('continue', () => {
      continued = true;
    });
    exchange.stream.sendInfo(new ResponseHead(100, []));
    await until(
      () => continued,
      () => '100',
    );
    answer.stream.end('now');
    await until(
      () => exchange.ended,
      () => 'the body',
    );
    exchange.answer('thanks');
    expect((await answer.ends()).text).toBe('thanks');
  });

  it('a head that is too large is answered, and the connection goes on', async () => {
    const many = Object.fromEntries(Array.from({ length: 140 }, (_, i) => [`x-${i}`, 'v']));
    expect(await send(many).ends()).toMatchObject({ status: 431, closed: true });
    const long = `/${'x'.repeat(9_000)}`;
    expect(await send({ ':path': long }).ends()).toMatchObject({ status: 414 });
    fixture.handler.script = (exchange) => exchange.answer('fine');
    expect((await send().ends()).text).toBe('fine');
    expect(fixture.refused).toEqual(['431 head_too_large', '414 target_too_long']);
  });

  it('what is malformed resets its stream, and is never an exchange', async () => {
    const raw = await FrameClient.begin(fixture.port);
    const fields = [
      { 'X-Upper': 'a' },
      { connection: 'close' },
      { 'x-bad': 'a\r\nb: c' },
      { 'transfer-encoding': 'chunked' },
    ];
    for (const [i, field] of fields.entries()) {
      raw.send(request(2 * i + 1, field as unknown as Record<string, string>));
      const { payload } = await raw.receives(FrameType.rstStream, 1, 2 * i + 1);
      expect(payload.readUInt32BE()).toBe(constants.NGHTTP2_PROTOCOL_ERROR);
    }
    expect(fixture.handler.exchanges).toHaveLength(0);
    expect(fixture.refused).toEqual([
      ...['0 upper_case_name', '0 connection_field', '0 bad_value_byte', '0 connection_field'],
    ]);
    raw.close();
  });

  it('a body that is not as long as was said resets its stream', async () => {
    const raw = await FrameClient.begin(fixture.port);
    raw.send(request(1, { ':method': 'POST', 'content-length': '5' }, Flag.endHeaders));
    raw.send(frame(FrameType.data, Flag.endStream, 1, Buffer.from('four')));
    await raw.receives(FrameType.rstStream);
    expect(fixture.handler.exchanges[0]!.aborted).toBe('protocol_error');
    raw.close();
  });

  it('an error of the connection ends it, and all its exchanges', async () => {
    const raw = await FrameClient.begin(fixture.port);
    raw.send(request(1));
    const exchange = await fixture.handler.exchange();
    raw.send(frame(FrameType.headers, Flag.endHeaders, 2, fieldBlock({ ':method': 'GET' })));
    await raw.receives(FrameType.goaway);
    await raw.endsCleanly();
    expect(exchange.aborted).toBe('protocol_error');
    expect(fixture.refused).toEqual(['0 bad_frame']);
    fixture.advance(5_100);
    raw.socket.end();
    await until(
      () => raw.closed,
      () => 'the end of the linger',
    );
    raw.close();
  });

  it('a stage that throws ends its connection, not the worker', async () => {
    const raw = await FrameClient.begin(fixture.port);
    fixture.handler.script = () => {
      throw new Error('a stage is broken');
    };
    raw.send(request(1));
    await raw.endsCleanly();
    raw.close();
    expect(String(fixture.faults.splice(0))).toContain('a stage is broken');
    fixture.handler.script = (exchange) => exchange.answer('fine');
    expect((await send().ends()).text).toBe('fine');
  });
});
