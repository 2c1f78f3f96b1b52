import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { until } from '../downstream/raw-client.ts';
import { ok, type RawBackend } from '../support/raw-backend.ts';
import { requestText, Scene, siteOf } from '../support/scene.ts';

const scene = new Scene();
const burst = 8;

/** Answers when a whole burst has come. */
async function backendOfBursts(): Promise<RawBackend> {
  const waiting: Socket[] = [];
  return scene.backend((socket) => {
    if (waiting.push(socket) < burst) return;
    for (const asked of waiting.splice(0)) asked.write(ok);
  });
}

it('keeps for the next burst what one has needed, and closes what a second has not', async () => {
  const backend = await backendOfBursts();
  const gateway = await scene.start(siteOf([backend.port]), { upstream: { maxIdlePerEndpoint: 2 } });
  const requests = (): Promise<string>[] => Array.from({ length: burst }, () => gateway.exchange(requestText()));
  for (let i = 0; i < 3; i++) await Promise.all(requests());
  expect([backend.requests, backend.connections.length]).toEqual([3 * burst, burst]);
  const open = (): number => backend.sockets.filter((socket) => !socket.destroyed).length;
  await until(
    () => open() === 2,
    () => `2 connections, not ${open()}`,
  );
});

it('uses no connection that its endpoint is about to close', async () => {
  const backend = await scene.backend((socket) => {
    socket.write(
      'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1, max=9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    );
  });
  const gateway = await scene.start(siteOf([backend.port]));
  await gateway.exchange(requestText());
  await gateway.exchange(requestText());
  expect(backend.connections.length).toBe(1);
  // Half of the second: what is sent then arrives in time.
  await new Promise((resolve) => setTimeout(resolve, 700));
  await gateway.exchange(requestText('POST', 'body'));
  expect([backend.connections.length, gateway.records.every(({ status }) => status === 200)]).toEqual([2, true]);
});
