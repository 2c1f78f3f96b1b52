import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificate } from '../downstream/certificates.ts';
import { freePort, GatewayUnderTest } from '../process/gateway-under-test.ts';
import { gatewayObjects, httpListener, httpsListener, secretObject, serviceObjects } from '../process/manifests.ts';
import { run } from './command.ts';
import { EchoBackend } from './echo-backend.ts';
import { HaproxyInFront, haproxyInstalled } from './haproxy-in-front.ts';
import { httpRoute, rule } from './objects.ts';

let backend: EchoBackend;
let gateway: GatewayUnderTest;
let plain: number;
let secure: number;

beforeAll(async () => {
  [plain, secure] = [await freePort(), await freePort()];
  backend = await EchoBackend.start('a');
  const { certPem, keyPem } = await certificate(['a.example']);
  gateway = await GatewayUnderTest.start({
    files: {
      'gateway.yaml': gatewayObjects([httpListener(plain), httpsListener(secure, 'c')]),
      'certificate.yaml': [secretObject('c', certPem, keyPem)],
      'services.yaml': serviceObjects('a', [backend.port]),
      'routes.yaml': [httpRoute('r', { rules: [rule('/', 'a')] })],
      'policy.yaml': [policy('Required')],
    },
    flags: ['--workers', '1'],
  });
});

afterAll(async () => {
  await gateway.cleanUp();
  backend.stop();
});

function policy(proxyProtocol: string): object {
  return {
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: 'ClientTrafficPolicy',
    metadata: { name: 'behind-a-load-balancer' },
    spec: {
      targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gw' }],
      clientIPDetection: { trustedCIDRs: ['127.0.0.1'], proxyProtocol },
    },
  };
}

/** The X-Forwarded-For that the backend got from a client with this address. */
async function forwardedFor(port: number, localAddress: string): Promise<unknown> {
  const options: RequestOptions = { port, host: '127.0.0.1', localAddress, agent: false };
  return new Promise((resolve, reject) => {
    const request =
      port === securePort
        ? httpsRequest({ ...options, rejectUnauthorized: false, servername: 'a.example' })
        : httpRequest(options);
    request.on('error', reject);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve(JSON.parse(text).headers['x-forwarded-for']));
    });
    request.end();
  });
}

/** Of HAProxy, for clients that speak TLS. */
let securePort = 0;

describe.skipIf(!haproxyInstalled())('behind HAProxy', () => {
  let haproxy: HaproxyInFront;

  beforeAll(async () => {
    haproxy = await HaproxyInFront.start([
      `127.0.0.1:${plain} send-proxy`,
      `127.0.0.1:${plain} send-proxy-v2 proxy-v2-options crc32c,ssl,unique-id check check-send-proxy inter 50`,
      `127.0.0.1:${secure} send-proxy-v2 proxy-v2-options crc32c`,
    ]);
    securePort = haproxy.ports[2]!;
  });

  afterAll(async () => {
    await haproxy.stop();
  });

  it.each([
    ['version 1', 0],
    ['version 2 with extensions and checksum', 1],
    ['version 2 before TLS', 2],
  ])('the client is known: %s', async (_what, index) => {
    expect(await forwardedFor(haproxy.ports[index]!, '127.0.0.2')).toBe('127.0.0.2');
    expect(await forwardedFor(haproxy.ports[index]!, '127.0.0.77')).toBe('127.0.0.77');
  });

  it('its health checks are no failures', async () => {
    const failures = async (): Promise<string[]> => {
      const text = await (await gateway.admin('/metrics')).text();
      return text.split('\n').filter((line) => /^fairlead_connection_failures_total\{.*proxy_/.test(line));
    };
    const before = await failures();
    await sleep(300);
    expect(await failures()).toEqual(before);
    expect(await forwardedFor(haproxy.ports[1]!, '127.0.0.2')).toBe('127.0.0.2');
  });
});

it('curl speaks it, and is not answered when it does not', async () => {
  const url = `http://127.0.0.1:${plain}/`;
  const spoken = await run('curl', ['-s', '--haproxy-protocol', '--interface', '127.0.0.1', url]);
  expect(JSON.parse(spoken.stdout).headers['x-forwarded-for']).toBe('127.0.0.1');
  // 52: the server answered nothing.
  expect((await run('curl', ['-s', url])).code).toBe(52);
  expect((await run('curl', ['-s', '--haproxy-protocol', '--interface', '127.0.0.2', url])).code).not.toBe(0);
});
