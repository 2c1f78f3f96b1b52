import {
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { defaultSettings, type UpstreamSettings } from '../../src/settings.ts';
import type { RuleSpec, Site } from '../support/route-builder.ts';
import { type Scene, siteOf } from '../support/scene.ts';

export type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** An endpoint by node:http2. */
export class Http2Endpoint {
  readonly sessions: ServerHttp2Session[] = [];
  readonly server: Http2Server;
  streams: number = 0;

  private constructor(server: Http2Server, onStream: OnStream) {
    this.server = server;
    server.on('session', (session) => {
      this.sessions.push(session);
      session.on('error', () => {});
    });
    server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      this.streams++;
      stream.on('error', () => {});
      onStream(stream, headers);
    });
  }

  static async start(scene: Scene, onStream: OnStream, options: ServerOptions = {}): Promise<Http2Endpoint> {
    return new Http2Endpoint(createServer(options), onStream).#listen(scene);
  }

  static async startTls(scene: Scene, onStream: OnStream, options: SecureServerOptions): Promise<Http2Endpoint> {
    const server = createSecureServer(options) as unknown as Http2Server;
    server.on('tlsClientError', () => {});
    return new Http2Endpoint(server, onStream).#listen(scene);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async #listen(scene: Scene): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    scene.onEnd(() => {
      for (const session of this.sessions) session.destroy();
      this.server.close();
    });
    return this;
  }
}

export async function readBody(stream: ServerHttp2Stream): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts).latin1Slice();
}

/** One rule for everything, with endpoints that are known to speak HTTP/2. */
export function h2c(ports: readonly number[], rule: RuleSpec = {}): Site {
  return { ...siteOf(ports, rule), backends: { b: { ports, protocol: 'h2c' } } };
}

export function upstreamWith(http2: Partial<UpstreamSettings['http2']>): { upstream: Partial<UpstreamSettings> } {
  return { upstream: { http2: { ...defaultSettings.upstream.http2, ...http2 } } };
}
