import { Field, internName, ResponseHead } from '@fairlead/message';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fixture } from './fixture.ts';
import { pause, until } from './raw-client.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

describe('requests of one connection', () => {
  let fixture: Fixture;

  beforeEach(async () => {
    fixture = await Fixture.plain();
  });

  afterEach(() => {
    fixture.close();
    expect(fixture.faults).toEqual([]);
  });

  it('come one after the other on a connection that is kept', async () => {
    const client = await fixture.connect();
    for (let i = 0; i < 3; i++) {
      client.send(get(`/${i}`));
      const exchange = await fixture.handler.exchange(i);
      expect(exchange.head.path).toBe(`/${i}`);
      expect(exchange.ended).toBe(true);
      exchange.answer(`answer ${i}`);
      await client.receives(`answer ${i}`);
    }
    expect(client.text).not.toMatch(/connection:/i);
    expect(client.text.match(/HTTP\/1\.1 200/g)).toHaveLength(3);
    expect(fixture.handler.exchanges.every((exchange) => exchange.aborted === null)).toBe(true);
  });

  it('are answered in order when pipelined, the second read only after the first is over', async () => {
    const client = await fixture.connect();
    client.send(get('/1') + get('/2') + get('/3'));
    const first = await fixture.handler.exchange(0);
    await pause(20);
    expect(fixture.handler.exchanges).toHaveLength(1);
    first.answer('one');
    const second = await fixture.handler.exchange(1);
    expect(second.head.path).toBe('/2');
    second.answer('two');
    (await fixture.handler.exchange(2)).answer('three');
    await client.receives('three');
    expect(client.text.replace(/HTTP.*\r\n|[a-z-]+: .*\r\n|\r\n/g, '')).toBe('onetwothree');
  });

  it('are answered in order when pipelined and answered at once', async () => {
    fixture.handler.script = (exchange) => exchange.answer(exchange.head.path);
    const client = await fixture.connect();
    client.send(Array.from({ length: 500 }, (_, i) => get(`/${i};`)).join(''));
    await client.receives('/499;');
    expect(client.text.match(/\/\d+;/g)).toEqual(Array.from({ length: 500 }, (_, i) => `/${i};`));
  });

  it('survive any split of their bytes', async () => {
    fixture.handler.script = (exchange) => {
      exchange.onData = (last) => last && exchange.answer(`<${exchange.body}>`);
    };
    const text = `POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n3;x=y\r\n123\r\n0\r\nt: v\r\n\r\n`;
    const client = await fixture.connect();
    for (const octet of text) {
      client.send(octet);
      await new Promise(setImmediate);
    }
    await client.receives('<body123>');
    expect(fixture.handler.exchanges[0]!.trailers.map((field) => [field.name.name, field.value])).toEqual([['t', 'v']]);
    client.send(text);
    await until(
      () => client.text.split('<body123>').length === 3,
      () => 'the second answer',
    );
  });

  it('carry bodies with a length', async () => {
    const client = await fixture.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234');
    const exchange = await fixture.handler.exchange();
    expect(exchange.ended).toBe(false);
    client.send(`56789${get('/next')}`);
    await until(
      () => exchange.ended,
      () => 'the end',
    );
    expect(exchange.body).toBe('0123456789');
    exchange.answer('ok');
    expect((await fixture.handler.exchange(1)).head.path).toBe('/next');
  });

  it('get chunked answers where no length is known, with trailers', async () => {
    const client = await fixture.connect();
    client.send(get('/'));
    const exchange = await fixture.handler.exchange();
    exchange.begin();
    exchange.send('hello ');
    exchange.send('world');
    exchange.stream.sendTrailers([new Field(internName('grpc-status'), '0')]);
    await client.receives('0\r\ngrpc-status: 0\r\n\r\n');
    expect(client.text).toContain('\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n');
    client.send(get('/2'));
    await fixture.handler.exchange(1);
  });

  it('are told to continue when asked, and the answer to a refused body closes', async () => {
    const client = await fixture.connect();
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n';
    client.send(head);
    const exchange = await fixture.handler.exchange();
    expect(exchange.head.expectContinue).toBe(true);
    expect(client.text).toBe('');
    exchange.stream.sendInfo(new ResponseHead(100, []));
    await client.receives('HTTP/1.1 100');
    client.send('body');
    await until(
      () => exchange.ended,
      () => 'the body',
    );
    exchange.answer('done');
    await client.receives('done');

    client.send(head);
    (await fixture.handler.exchange(1)).answer('no', 417);
    await client.receives('no');
    expect(client.text).toContain('connection: close');
    await client.endsCleanly();
  });

  it('may be answered before their body is read: the client gets the answer, then the end', async () => {
    fixture.handler.script = (exchange) => exchange.answer('too large', 413);
    const client = await fixture.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n');
    await client.receives('too large');
    for (let i = 0; i < 20; i++) client.send('x'.repeat(100_000));
    await client.endsCleanly();
    expect(client.error).toBe('');
    client.socket.end();
    await until(
      () => fixture.downstream.connectionCount === 0,
      () => 'close',
    );
    expect(fixture.handler.exchanges[0]!.bytes).toBe(0);
  });

  it('keep the connection when their answer began early but ended after them', async () => {
    const client = await fixture.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n');
    const exchange = await fixture.handler.exchange();
    exchange.begin();
    exchange.send('echo ');
    await client.receives('echo');
    client.send('body');
    await until(
      () => exchange.ended,
      () => 'the body',
    );
    exchange.send(exchange.body, true);
    await client.receives('4\r\nbody\r\n0\r\n\r\n');
    client.send(get('/2'));
    (await fixture.handler.exchange(1)).answer('again');
    await client.receives('again');
  });

  it('end the connection when they say so', async () => {
    const client = await fixture.connect();
    client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    (await fixture.handler.exchange()).answer('bye');
    await client.endsCleanly();
    expect(client.text).toMatch(/connection: close\r\n[\s\S]*bye$/);
  });

  it('of HTTP/1.0 get bodies that the end of the connection delimits, no interim responses and no chunks', async () => {
    const client = await fixture.connect();
    client.send('GET / HTTP/1.0\r\nHost: a\r\n\r\n');
    const exchange = await fixture.handler.exchange();
    expect(exchange.stream.protocolVersion).toBe('1.0');
    exchange.stream.sendInfo(new ResponseHead(103, []));
    exchange.begin();
    exchange.send('all of ');
    exchange.send('it', true);
    await client.endsCleanly();
    expect(client.text).toMatch(/^HTTP\/1\.1 200 [\s\S]*connection: close\r\n\r\nall of it$/);
    expect(client.text).not.toMatch(/chunked|103/);
  });

  it('of HTTP/1.0 keep the connection when asked and the length is known', async () => {
    fixture.handler.script = (exchange) => exchange.answer('one');
    const client = await fixture.connect();
    const request = 'GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n';
    client.send(request);
    await client.receives('one');
    expect(client.text).toContain('connection: keep-alive');
    client.send(request);
    await until(
      () => client.text.split('one').length === 3,
      () => 'the second answer',
    );
  });

  it('by HEAD get the head only', async () => {
    const client = await fixture.connect();
    client.send(`HEAD / HTTP/1.1\r\nHost: a\r\n\r\n`);
    const head = new ResponseHead(200, []);
    head.contentLength = 1_000;
    (await fixture.handler.exchange()).stream.sendHead(head, true);
    client.send('HEAD /2 HTTP/1.1\r\nHost: a\r\n\r\n');
    (await fixture.handler.exchange(1)).answer('a body that was not asked for');
    client.send(get('/3'));
    (await fixture.handler.exchange(2)).answer('', 204);
    await client.receives('204');
    expect(client.text).toContain('content-length: 1000');
    expect(client.text).not.toContain('asked for');
  });

  it('get an error and the end when malformed', async () => {
    const client = await fixture.connect();
    client.send(`${get('/ok')}GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`);
    (await fixture.handler.exchange()).answer('fine');
    await client.endsCleanly();
    expect(client.text).toMatch(/fineHTTP\/1\.1 400 Bad Request\r\n[\s\S]*connection: close\r\n\r\n.+\n$/);
    expect(fixture.handler.exchanges).toHaveLength(1);
    expect(fixture.refused).toHaveLength(1);
  });

  it('are aborted and answered with 400 when their body is malformed', async () => {
    const client = await fixture.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
    const exchange = await fixture.handler.exchange();
    client.send('zz\r\n');
    await client.receives('HTTP/1.1 400');
    expect(exchange.aborted).toBe('protocol_error');
    exchange.answer('too late');
    await client.endsCleanly();
    expect(client.text).not.toContain('too late');
  });

  it('cut the connection off when their body is malformed and the answer has begun', async () => {
    const client = await fixture.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    const exchange = await fixture.handler.exchange();
    exchange.begin();
    exchange.send('part');
    await client.receives('part');
    client.send('zz\r\n');
    await client.isReset();
    expect(exchange.aborted).toBe('protocol_error');
  });

  it('ignore calls to a stream whose exchange is over', async () => {
    const client = await fixture.connect();
    client.send(get('/1'));
    const first = await fixture.handler.exchange(0);
    first.answer('one');
    client.send(get('/2'));
    const second = await fixture.handler.exchange(1);
    first.begin();
    first.send('stale');
    first.stream.abort('gateway');
    second.answer('two');
    await client.receives('two');
    expect(client.text).not.toContain('stale');
  });

  it('never get more or less of a body than its length said', async () => {
    for (const [said, sent] of [
      [5, 'long answer'],
      [50, 'short'],
    ] as const) {
      const client = await fixture.connect();
      client.send(get('/'));
      const exchange = await fixture.handler.exchange(fixture.handler.exchanges.length);
      const head = new ResponseHead(200, []);
      head.contentLength = said;
      exchange.stream.sendHead(head, false);
      exchange.send(sent, true);
      await client.isReset();
    }
    const client = await fixture.connect();
    client.send(get('/'));
    const exchange = await fixture.handler.exchange(fixture.handler.exchanges.length);
    const head = new ResponseHead(200, []);
    head.contentLength = 5;
    exchange.stream.sendHead(head, true);
    await client.isReset();
  });
});

describe('a fault of a stage behind', () => {
  it('ends the connection and nothing else', async () => {
    const fixture = await Fixture.plain();
    fixture.handler.script = (exchange) => {
      if (exchange.head.path === '/bad') throw new Error('broken');
      exchange.answer('fine');
    };
    const client = await fixture.connect();
    client.send(get('/bad'));
    await client.isReset();
    expect(fixture.faults).toHaveLength(1);
    const other = await fixture.connect();
    other.send(get('/'));
    await other.receives('fine');
    fixture.close();
  });
});
