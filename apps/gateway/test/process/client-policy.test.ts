import { connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { Backend } from './backends.ts';
import { freePort, GatewayUnderTest, until } from './gateway-under-test.ts';
import { gatewayObjects, routeObject, serviceObjects } from './manifests.ts';

const cleanUps: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

function policyObject(name: string, listener: string, maxSize: string): object {
  const target = { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gw', sectionName: listener };
  const spec = { targetRefs: [target], headers: { maxSize } };
  return { apiVersion: 'fairlead.dev/v1alpha1', kind: 'ClientTrafficPolicy', metadata: { name }, spec };
}

/** The status of the answer to a request with a head of some 3,000 octets. */
async function statusOf(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
  });
  socket.write(`GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nx: ${'y'.repeat(3_000)}\r\n\r\n`);
  await new Promise((resolve) => socket.once('close', resolve).once('error', () => {}));
  return text.slice(9, 12);
}

it('policies from a directory govern their listeners, change at once, and say so in the statuses', async () => {
  const [strict, mild] = [await freePort(), await freePort()];
  const backend = await Backend.start('a');
  const listeners = [
    { name: 'strict', protocol: 'HTTP', port: strict },
    { name: 'mild', protocol: 'HTTP', port: mild },
  ];
  const gateway = await GatewayUnderTest.start({
    files: {
      'gateway.yaml': gatewayObjects(listeners),
      'services.yaml': serviceObjects('a', [backend.port]),
      'routes.yaml': [routeObject('r', 'a')],
      'policies.yaml': [policyObject('p', 'strict', '1Ki')],
    },
    flags: ['--workers', '2', '--status', '-'],
  });
  cleanUps.push(
    () => gateway.cleanUp(),
    () => backend.stop(),
  );
  expect([await statusOf(strict), await statusOf(mild)]).toEqual(['431', '200']);
  expect(gateway.output).toMatch(/apiVersion: fairlead\.dev\/v1alpha1\nkind: ClientTrafficPolicy\n/);
  gateway.write('policies.yaml', [policyObject('p', 'strict', '8Ki'), policyObject('q', 'mild', '1Ki')]);
  await until('the change', async () => (await statusOf(strict)) === '200' && (await statusOf(mild)) === '431');
  gateway.write('policies.yaml', [policyObject('p', 'strict', '8Ki'), policyObject('q', 'gone', '1Ki')]);
  await until('the status', () => /reason: TargetNotFound/.test(gateway.output));
  expect(await statusOf(mild)).toBe('200');
});
