import { type AddressInfo, createServer as createPlainServer } from 'node:net';
import { createServer } from 'node:tls';
import type { BackendTls, Certificate } from '@fairlead/routing';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkBackendIdentity, parseAltNames } from '../../src/data/upstream/upstream-tls.ts';
import { type Authority, authority, certificate } from '../downstream/certificates.ts';
import { ok } from '../support/raw-backend.ts';
import { requestText, Scene } from '../support/scene.ts';

const scene = new Scene();

let ca: Authority;
let leaf: Certificate;

beforeAll(async () => {
  ca = await authority('test ca');
  leaf = await certificate(['backend.test', '*.wild.test'], ca);
});

interface TlsSeen {
  port: number;
  readonly servernames: (string | false | null)[];
  readonly clients: (string | undefined)[];
  resumed: number;
}

/** Answers one request per connection, so that every request makes a handshake. */
async function tlsBackend(): Promise<TlsSeen> {
  const seen: TlsSeen = { port: 0, servernames: [], clients: [], resumed: 0 };
  const options = { cert: leaf.certPem, key: leaf.keyPem, ca: ca.cert, requestCert: true, rejectUnauthorized: false };
  const server = createServer(options, (socket) => {
    seen.servernames.push(socket.servername as string);
    seen.clients.push(socket.getPeerCertificate().subject?.CN as string | undefined);
    if (socket.isSessionReused()) seen.resumed++;
    socket.on('error', () => {});
    socket.once('data', () => socket.end(ok.replace('\r\n', '\r\nConnection: close\r\n')));
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  seen.port = (server.address() as AddressInfo).port;
  scene.onEnd(() => server.close());
  return seen;
}

function site(port: number, tls: Partial<BackendTls>) {
  const all: BackendTls = {
    hostname: 'backend.test',
    caPems: [ca.cert],
    subjectAltNames: [],
    clientCertificate: null,
    ...tls,
  };
  return { rules: { r: { backends: [{ backend: 'b' }] } }, backends: { b: { ports: [port], tls: all } } };
}

describe('TLS to an endpoint', () => {
  it('asks by SNI, checks the name, and resumes its session', async () => {
    const b = await tlsBackend();
    const gateway = await scene.start(site(b.port, {}));
    for (let i = 0; i < 3; i++) expect(await gateway.exchange(requestText('POST', 'hello'))).toMatch(/ok$/);
    expect(b.servernames).toEqual(['backend.test', 'backend.test', 'backend.test']);
    expect(b.resumed).toBe(2);
  });

  it.each<[string, Partial<BackendTls>]>([
    ['a name that the certificate lacks', { hostname: 'other.test' }],
    ['an alternative name that it lacks', { subjectAltNames: [{ type: 'DNS', value: 'other.test' }] }],
    ['a URI that it lacks', { subjectAltNames: [{ type: 'URI', value: 'spiffe://x' }] }],
    ['an authority that did not sign it', { caPems: [] }],
  ])('is refused for %s: 503, nothing sent', async (_what, tls) => {
    const b = await tlsBackend();
    const gateway = await scene.start(site(b.port, tls), { exposeReason: true });
    expect(await gateway.exchange(requestText())).toMatch(/^HTTP\/1\.1 503 [\s\S]*reason: tls_failed/i);
  });

  it('takes any of the alternative names instead of the hostname', async () => {
    const b = await tlsBackend();
    const gateway = await scene.start(
      site(b.port, {
        hostname: 'sni.test',
        subjectAltNames: [
          { type: 'URI', value: 'spiffe://x' },
          { type: 'DNS', value: 'a.wild.test' },
        ],
      }),
    );
    expect(await gateway.exchange(requestText())).toMatch(/ok$/);
    expect(b.servernames).toEqual(['sni.test']);
  });

  it('shows the client certificate', async () => {
    const b = await tlsBackend();
    const gateway = await scene.start(site(b.port, { clientCertificate: await certificate(['gateway.test'], ca) }));
    expect(await gateway.exchange(requestText())).toMatch(/ok$/);
    expect(b.clients).toEqual(['gateway.test']);
  });

  it('with a certificate that can not be read: 500, never sent unprotected', async () => {
    const b = await tlsBackend();
    const gateway = await scene.start(site(b.port, { caPems: ['no pem'] }), { exposeReason: true });
    expect(await gateway.exchange(requestText())).toMatch(/^HTTP\/1\.1 500 [\s\S]*reason: invalid_backend_tls/i);
    expect(b.servernames).toEqual([]);
  });

  it('fails where plain HTTP is spoken', async () => {
    const server = createPlainServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    scene.onEnd(() => server.close());
    const gateway = await scene.start(site((server.address() as AddressInfo).port, {}), { exposeReason: true });
    expect(await gateway.exchange(requestText())).toMatch(/^HTTP\/1\.1 503 [\s\S]*reason: tls_failed/i);
  });

  it('gives up a handshake that nobody answers', async () => {
    const b = await scene.backend(() => {});
    const gateway = await scene.start(site(b.port, {}), { exposeReason: true, upstream: { connectTimeoutMs: 100 } });
    expect(await gateway.exchange(requestText())).toMatch(/^HTTP\/1\.1 503 [\s\S]*reason: connect_timeout/i);
    expect(gateway.counter('upstreamConnectionsOpen')).toBe(0);
  });
});

describe('the names of a certificate', () => {
  it.each([
    ['DNS:a.test, URI:spiffe://td/x', ['DNS a.test', 'URI spiffe://td/x']],
    ['DNS:"a.test, DNS:evil.test", DNS:b.test', ['DNS a.test, DNS:evil.test', 'DNS b.test']],
    ['IP Address:10.0.0.1, DNS:c.test', ['IP Address 10.0.0.1', 'DNS c.test']],
    ['', []],
  ])('%s', (text, names) => {
    expect(parseAltNames(text).map(({ type, value }) => `${type} ${value}`)).toEqual(names);
  });

  it('cover hosts by whole labels only', () => {
    const tls = (value: string): BackendTls => ({
      hostname: 'x',
      caPems: [],
      subjectAltNames: [{ type: 'DNS', value }],
      clientCertificate: null,
    });
    const presented = { subjectaltname: 'DNS:*.wild.test, DNS:Exact.test' } as Parameters<
      typeof checkBackendIdentity
    >[1];
    const covers = (value: string): boolean => checkBackendIdentity(tls(value), presented) === undefined;
    expect(covers('a.wild.test')).toBe(true);
    expect(covers('exact.test')).toBe(true);
    expect(covers('wild.test')).toBe(false);
    expect(covers('a.b.wild.test')).toBe(false);
  });
});
