import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startAdmin } from '../admin/admin-server.ts';
import { sampleView } from '../admin/testing/sample-view.ts';
import { explain } from './explain.ts';
import { fixture, runCommand } from './testing/run-command.ts';

const shop = ['--from', fixture('shop')];

describe('fairlead explain --from', () => {
  it('tells listener, route, rule, filters, backends, endpoints, and why nearer rules lost', async () => {
    const { code, stdout } = await runCommand(explain, [
      'GET',
      'http://shop.example.com:8080/cart/1',
      '-H',
      'x-tenant: blue',
      ...shop,
    ]);
    expect(code).toBe(0);
    expect(stdout).toBe(`at 127.0.0.1:8080: GET shop.example.com/cart/1
  listener  infra/web/shop
  route     HTTPRoute default/shop
  rule      HTTPRoute/default/shop/0 "cart"
  match     host shop.example.com, path under /cart
  backend   default/cart:80, weight 9 (90 %)
  backend   default/cart-next:80, weight 1 (10 %)
  lost
    HTTPRoute/default/shop/1 (path under /cart, method POST, header x-tenant = "blue", query dry ~ "yes|no"): method is GET
    HTTPRoute/default/shop/2 (path = /old): path is /cart/1
  endpoints of default/cart:80
    127.0.0.1:9101  idle     not measured
    127.0.0.2:9101  idle     not measured
    127.0.0.3:9101  standby  not measured
  endpoints of default/cart-next:80
    none: 503
`);
  });

  it('matches what the gateway would match: the target as it was written, the Host as it was sent', async () => {
    const { stdout } = await runCommand(explain, ['GET', 'http://127.0.0.1:8081/a/../b', '-H', 'Host: x', ...shop]);
    expect(stdout).toContain('at 127.0.0.1:8081: GET x/b\n');
    const bad = await runCommand(explain, ['GET', 'http://127.0.0.1:8081/a%2fb', ...shop]);
    expect(bad).toMatchObject({ code: 1, stdout: expect.stringContaining('400, the path is ambiguous') });
  });

  it('ends with 1 when nothing matches', async () => {
    const { code, stdout } = await runCommand(explain, ['GET', 'http://other.org:8080/', ...shop, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'no_listener',
      bind: '127.0.0.1:8080',
      match: null,
      endpoints: [],
    });
  });
});

describe('fairlead explain --admin', () => {
  it('asks a running gateway, which knows its endpoints', async () => {
    const view = sampleView();
    view.serve('127.0.0.1:9101', 8, 4, false);
    view.serve('127.0.0.2:9101', 5, 1, true);
    const server = await startAdmin(view, { host: '127.0.0.1', port: 0 });
    const admin = `127.0.0.1:${(server.server.address() as AddressInfo).port}`;
    const args = ['POST', 'http://shop.example.com:8080/cart?dry=yes', '-H', 'x-tenant: blue'];
    const { code, stdout } = await runCommand(explain, [...args, '--admin', admin]);
    expect(code).toBe(0);
    expect(stdout).toContain('  rule      HTTPRoute/default/shop/1 "write"\n');
    expect(stdout).toMatch(/127\.0\.0\.1:9101 {2}in use +score 4\.00 +latency 4\.00 ms +in flight 0 +0 of 8 failed\n/);
    expect(stdout).toMatch(/127\.0\.0\.2:9101 {2}ejected for \d+\.\d s +score .* 5 of 5 failed\n/);
    const json = await runCommand(explain, [...args, '--admin', `http://${admin}/`, '--json']);
    expect(JSON.parse(json.stdout).endpoints[0].endpoints[0]).toMatchObject({
      endpoint: '127.0.0.1:9101',
      requests: 8,
    });
    const refused = await runCommand(explain, ['GET', 'http://x:9/', '--admin', admin]);
    expect(refused).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('nothing listens for http on port 9'),
    });
    await server.close();
  });

  it('says when there is no gateway', async () => {
    const unused = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => unused.once('listening', resolve));
    const admin = `http://127.0.0.1:${(unused.address() as AddressInfo).port}`;
    await new Promise((resolve) => unused.close(resolve));
    const { code, stderr } = await runCommand(explain, ['GET', 'http://x/', '--admin', admin]);
    expect([code, stderr]).toEqual([1, `${admin}: nothing listens there; is the gateway running?\n`]);
  });

  it('notices that it is talking to something else', async () => {
    const other = createServer((_, response) => response.end('<html>')).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const admin = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    const { code, stderr } = await runCommand(explain, ['GET', 'http://x/', '--admin', admin]);
    expect([code, stderr]).toEqual([1, `http://${admin}: answered 200, not like an admin API\n`]);
    other.close();
    other.closeAllConnections();
  });
});

describe('fairlead explain', () => {
  it.each([
    [[], 2, 'METHOD is missing'],
    [['GET'], 2, 'URL is missing'],
    [['GET', 'http://x/'], 2, 'say whom to ask'],
    [['GET', 'http://x/', '--from', 'a', '--admin', 'b'], 2, 'say whom to ask'],
    [['GET', 'http://x/', '--admin', '::'], 2, '--admin ::: must be a URL'],
    [['GET', 'http://x/', '--from', '/nowhere'], 1, '/nowhere: no such directory'],
    [['GET', 'x', ...shop], 1, '"x" is no URL like http://host:port/path'],
    [['GET', 'http://x:8080/', '-H', 'nonsense', ...shop], 1, '"nonsense" is no header'],
  ])('%j ends with %d', async (args, code, message) => {
    const ran = await runCommand(explain, args);
    expect(ran).toMatchObject({ code, stdout: '' });
    expect(ran.stderr).toContain(message);
  });

  it('has help', async () => {
    expect((await runCommand(explain, ['--help'])).stdout).toMatch(/^usage: fairlead explain METHOD URL/);
  });
});
