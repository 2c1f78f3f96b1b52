import { expect, it } from 'vitest';
import { Fixture } from './fixture.ts';
import { RawClient, until } from './raw-client.ts';

const pieces = [
  'GET / HTTP/1.1\r\n',
  'POST /x HTTP/1.1\r\n',
  'Host: a\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: -1\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Connection: upgrade\r\nUpgrade: echo\r\n',
  'Connection: close\r\n',
  'Expect: 100-continue\r\n',
  '\r\n',
  '\n',
  '0\r\n\r\n',
  '5\r\nhello\r\n',
  'hello',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '\0\0\0\0',
  'x'.repeat(20_000),
];

/** A small generator with a seed: the same run every time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

it('no flood of garbage, resets and half-closes stops the service', { timeout: 60_000 }, async () => {
  const fixture = await Fixture.plain({ idleTimeoutMs: 1_000, headTimeoutMs: 1_000, bodyGraceMs: 1_000 });
  const next = random(42);
  const pick = (): string => pieces[Math.floor(next() * pieces.length)]!;
  fixture.handler.script = (exchange) => {
    const choice = next();
    if (choice < 0.3) exchange.answer('now');
    else if (choice < 0.5) setImmediate(() => exchange.answer('later'));
    else if (choice < 0.6) exchange.begin();
    else if (choice < 0.7) exchange.stream.abort('gateway');
  };
  const runs = Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 300);
  for (let i = 0; i < runs; i++) {
    const client = await RawClient.open(fixture.port);
    const parts = 1 + Math.floor(next() * 8);
    for (let part = 0; part < parts; part++) {
      client.send(pick());
      if (next() < 0.3) await new Promise(setImmediate);
    }
    const end = next();
    if (end < 0.3) client.socket.resetAndDestroy();
    else if (end < 0.6) client.socket.end();
    else if (end < 0.8) client.socket.destroy();
    if (i % 20 === 0) fixture.advance(100);
  }
  for (let i = 0; i < 100 && fixture.downstream.connectionCount > 0; i++) {
    fixture.advance(1_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (const exchange of fixture.handler.exchanges) exchange.stream.abort('gateway');
  }
  await until(
    () => fixture.downstream.connectionCount === 0,
    () => `${fixture.downstream.connectionCount} connections`,
  );
  expect(fixture.faults).toEqual([]);
  fixture.handler.script = (exchange) => exchange.answer('still here');
  const client = await fixture.connect();
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.receives('still here');
  fixture.close();
});
