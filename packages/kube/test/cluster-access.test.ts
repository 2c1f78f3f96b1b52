import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterAccess } from '../src/cluster-access.ts';
import { loadClusterAccess } from '../src/cluster-access.ts';
import { inClusterAccess } from '../src/in-cluster-access.ts';
import { KubeApi } from '../src/kube-api.ts';

let folder: string;
let server: Server;
let port: number;
/** What the server accepts; everything else gets 401. */
let token: string;

const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-access-'));
  issue('server', '/CN=server', 'subjectAltName=IP:127.0.0.1');
  issue('client', '/CN=alice', 'subjectAltName=DNS:alice');
  server = createServer(
    {
      key: readFileSync(file('server.key')),
      cert: readFileSync(file('server.crt')),
      ca: readFileSync(file('client.crt')),
      requestCert: true,
      rejectUnauthorized: false,
    },
    ({ headers, socket }, response) => {
      const { authorization } = headers;
      const name = (socket as TLSSocket).getPeerCertificate().subject?.CN ?? null;
      const known = name !== null || authorization === `Bearer ${token}` || authorization === 'Basic Ym9iOnB3';
      const body = { name, authorization: authorization ?? null, as: headers['impersonate-user'] ?? null };
      response.writeHead(known ? 200 : 401).end(JSON.stringify(body));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

function issue(name: string, subject: string, extension: string): void {
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const out = ['-subj', subject, '-addext', extension, '-keyout', file(`${name}.key`), '-out', file(`${name}.crt`)];
  execFileSync('openssl', [...args, ...out], { stdio: 'ignore' });
}

async function whoAmI(access: ClusterAccess): Promise<unknown> {
  const api = new KubeApi(access, { userAgent: 'test' });
  return api.get('/whoami');
}

function writeConfig(user: string, more: string = ''): string {
  const path = file(`config-${Math.random()}`);
  const text = `apiVersion: v1
kind: Config
current-context: main
contexts:
  - { name: main, context: { cluster: here, user: me, namespace: gateways } }
  - { name: lost, context: { cluster: nowhere, user: me } }
clusters:
  - { name: here, cluster: { server: "https://127.0.0.1:${port}/", certificate-authority: server.crt } }
users:
  - { name: me, user: ${user} }
${more}`;
  writeFileSync(path, text);
  return path;
}

const load = (kubeconfig: string, context: string | null = null) => loadClusterAccess({ kubeconfig, context, env: {} });

describe('inClusterAccess', () => {
  it('reads token, CA and namespace of a pod, and the token again when it is refused', async () => {
    writeFileSync(file('ca.crt'), readFileSync(file('server.crt')));
    writeFileSync(file('namespace'), 'gateways\n');
    writeFileSync(file('token'), 'first\n');
    const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(port) };
    const access = inClusterAccess(env, folder);
    expect([access.namespace, access.name]).toEqual(['gateways', 'cluster']);
    token = 'first';
    await expect(whoAmI(access)).resolves.toMatchObject({ authorization: 'Bearer first' });
    writeFileSync(file('token'), 'second\n');
    token = 'second';
    await expect(whoAmI(access)).resolves.toMatchObject({ authorization: 'Bearer second' });
  });

  it('does not trust a server of another CA, and does once the CA is replaced', async () => {
    writeFileSync(file('ca.crt'), readFileSync(file('client.crt')));
    const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(port) };
    const access = inClusterAccess(env, folder);
    await expect(whoAmI(access)).rejects.toMatchObject({ status: 0, message: expect.stringContaining('SELF_SIGNED') });
    writeFileSync(file('ca.crt'), readFileSync(file('server.crt')));
    await expect(whoAmI(access)).resolves.toMatchObject({ name: null });
  });

  it('writes an IPv6 address as a URL does', () => {
    const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
    expect(inClusterAccess(env, folder).server.href).toBe('https://[fd00::1]/');
  });
});

describe('loadClusterAccess', () => {
  it('uses client certificates', async () => {
    const access = await load(writeConfig('{ client-certificate: client.crt, client-key: client.key }'));
    expect([access.namespace, access.name, access.headers]).toEqual(['gateways', 'main', {}]);
    await expect(whoAmI(access)).resolves.toEqual({ name: 'alice', authorization: null, as: null });
  });

  it('uses tokens, passwords and impersonation', async () => {
    token = 'static';
    const withToken = await load(writeConfig('{ token: static, as: carol }'));
    await expect(whoAmI(withToken)).resolves.toMatchObject({ authorization: 'Bearer static', as: 'carol' });
    const withPassword = await load(writeConfig('{ username: bob, password: pw }'));
    await expect(whoAmI(withPassword)).resolves.toMatchObject({ authorization: 'Basic Ym9iOnB3' });
  });

  it('runs a credential plugin, and again when its token is refused', async () => {
    const plugin = file('plugin.sh');
    const answer = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}';
    writeFileSync(plugin, `#!/bin/sh\nprintf '${answer}' "$(cat "${file('plugin-token')}")"\n`);
    chmodSync(plugin, 0o700);
    writeFileSync(file('plugin-token'), 'one');
    token = 'one';
    const exec = `{ exec: { apiVersion: client.authentication.k8s.io/v1, command: "${plugin}", interactiveMode: Never } }`;
    const access = await load(writeConfig(exec));
    await expect(whoAmI(access)).resolves.toMatchObject({ authorization: 'Bearer one' });
    writeFileSync(file('plugin-token'), 'two');
    token = 'two';
    await expect(whoAmI(access)).resolves.toMatchObject({ authorization: 'Bearer two' });
  });

  it('reads the files of $KUBECONFIG, of which the first names what', async () => {
    const first = writeConfig('{ token: a }');
    const env = { KUBECONFIG: `${first}:${writeConfig('{ token: b }')}` };
    const access = await loadClusterAccess({ env });
    expect(await access.authorization()).toBe('Bearer a');
  });

  it.each([
    ['lost', /context "lost" in .* leads to no server/],
    ['mian', /there is no context "mian" in .*; there is main, lost/],
  ])('says what is wrong with context %s', async (context, message) => {
    await expect(load(writeConfig('{ token: a }'), context)).rejects.toThrow(message);
  });

  it('says that there is no cluster, or no readable file', async () => {
    const env = { HOME: folder };
    await expect(loadClusterAccess({ env })).rejects.toThrow('there is no cluster to be seen');
    await expect(load(file('missing'))).rejects.toThrow("can't be read as a kubeconfig");
  });
});
