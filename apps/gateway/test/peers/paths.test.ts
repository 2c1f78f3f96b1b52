import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort, GatewayUnderTest } from '../process/gateway-under-test.ts';
import { gatewayObjects, httpListener, serviceObjects } from '../process/manifests.ts';
import { httpRoute, rule } from './objects.ts';
import { RecordingBackend } from './recording-backend.ts';
import { get } from './requests.ts';

const backends: Record<string, RecordingBackend> = {};
let gateway: GatewayUnderTest;
let port: number;

beforeAll(async () => {
  port = await freePort();
  for (const name of ['public', 'admin', 'exact']) backends[name] = await RecordingBackend.start();
  const exact = {
    matches: [{ path: { type: 'Exact', value: '/a%20b/c' } }],
    backendRefs: [{ name: 'exact', port: 80 }],
  };
  gateway = await GatewayUnderTest.start({
    files: {
      'gateway.yaml': gatewayObjects([httpListener(port)]),
      'services.yaml': Object.entries(backends).flatMap(([name, { port: to }]) => serviceObjects(name, [to])),
      'routes.yaml': [httpRoute('r', { rules: [rule('/public', 'public'), rule('/admin', 'admin'), exact] })],
    },
    flags: ['--workers', '1'],
  });
});

afterAll(async () => {
  await gateway.cleanUp();
  for (const backend of Object.values(backends)) backend.stop();
});

// What was matched is what the backend gets: never `/public` decided and `/admin` sent.
it.each([
  ['/public/x', 'public /public/x'],
  ['/public/x?y=/../admin&z=%2e', 'public /public/x?y=/../admin&z=%2e'],
  ['/admin', 'admin /admin'],
  ['/public/../admin', 'admin /admin'],
  ['/public/%2e%2e/admin', 'admin /admin'],
  ['/public/.%2E/admin', 'admin /admin'],
  ['/public/./x', 'public /public/x'],
  ['//admin', 'admin /admin'],
  ['/public//x', 'public /public/x'],
  ['/public/..//admin', 'admin /admin'],
  ['/%61dmin', 'admin /admin'],
  ['/%70ublic/x', 'public /public/x'],
  ['/public/%252e%252e/admin', 'public /public/%252e%252e/admin'],
  ['/public/%7Euser', 'public /public/~user'],
  ['/public/%e2%82%ac', 'public /public/%E2%82%AC'],
  ['/public/a;b=c', 'public /public/a;b=c'],
  ['/public/x/..', 'public /public/'],
  ['/public/...', 'public /public/...'],
  ['/a%20b/c', 'exact /a%20b/c'],
  ['/ADMIN', '404'],
  ['/public/..', '404'],
  ['/publicity', '404'],
  ['/admin%20', '404'],
  ['/admin;x', '404'],
  ['/../admin', '400'],
  ['/public/../../admin', '400'],
  ['/public/..;/admin', '400'],
  ['/public/..;x=y/admin', '400'],
  ['/public/%2e%2e;/admin', '400'],
  ['/public/;/../admin', '400'],
  ['/public/..%2fadmin', '400'],
  ['/public%2f..%2fadmin', '400'],
  ['/public/%2e%2e%2fadmin', '400'],
  ['/public\\..\\admin', '400'],
  ['/public/..\\admin', '400'],
  ['/public/..%5cadmin', '400'],
  ['/admin%00', '400'],
  ['/public/%0d%0aX:%20y', '400'],
  ['/public/%', '400'],
  ['/public/%2', '400'],
  ['/public/%zz', '400'],
  ['/public/%u002e', '400'],
])('%s → %s', async (target, wanted) => {
  const from = Object.entries(backends).map(([name, { requests }]) => [name, requests.length] as const);
  const { status } = await get(port, target);
  const got = from.flatMap(([name, before]) =>
    backends[name]!.requests.slice(before).map((request) => `${name} ${request.target}`),
  );
  expect(got.length === 0 ? String(status) : got.join(' and ')).toBe(wanted);
});
