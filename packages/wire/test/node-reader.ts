import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type Duplex, duplexPair } from 'node:stream';

/** What node's own parser (llhttp) makes of one message. */
export interface NodeMessage {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly fields: readonly [string, string][];
  readonly body: string;
  readonly trailers: readonly [string, string][];
}

/** Reads raw requests with a node:http server that has no socket: each input is one connection over a pair of streams. */
export class NodeServerReader {
  readonly #server: Server;
  readonly #read: Map<Duplex, NodeMessage[]> = new Map();

  constructor() {
    const options = { insecureHTTPParser: false, requireHostHeader: false, maxHeaderSize: 65_536, keepAliveTimeout: 0 };
    this.#server = createServer(options, (message, response) => {
      const messages = this.#read.get(message.socket as Duplex);
      whole(message, (read) => {
        messages?.push(read);
        response.end();
      });
    });
    this.#server.on('clientError', (_error, socket) => socket.destroy());
  }

  /** The messages that were read whole, in order. */
  read(raw: Buffer): Promise<readonly NodeMessage[]> {
    const [client, server] = duplexPair();
    const messages: NodeMessage[] = [];
    this.#read.set(server, messages);
    return new Promise((resolve) => {
      client.on('close', () => {
        this.#read.delete(server);
        resolve(messages);
      });
      server.on('close', () => client.destroy());
      client.on('error', () => {}).resume();
      this.#server.emit('connection', server);
      client.end(raw);
    });
  }
}

export interface NodeResponse {
  readonly infos: readonly number[];
  /** Null when no response was read whole. */
  readonly message: NodeMessage | null;
}

/** Reads a raw response with a node:http client; `closed` as in `readResponses`. */
export function nodeReadsResponse(raw: Buffer, method: string): Promise<NodeResponse> {
  const [client, server] = duplexPair();
  const infos: number[] = [];
  return new Promise((resolve) => {
    let message: NodeMessage | null = null;
    const asked = request({ method, createConnection: () => client, headers: { host: 'a' } }, (response) =>
      whole(response, (read) => {
        message = read;
      }),
    );
    asked.on('information', (info) => infos.push(info.statusCode)).on('error', () => {});
    asked.on('close', () => {
      // The response may end after the request has closed.
      setImmediate(() =>
        setImmediate(() => {
          client.destroy();
          server.destroy();
          resolve({ infos, message });
        }),
      );
    });
    // Not before the request: it is not yet attached to its stream.
    server.on('error', () => {}).once('data', () => server.end(raw));
    asked.end();
  });
}

function whole(message: IncomingMessage, done: (read: NodeMessage) => void): void {
  let body = '';
  message.setEncoding('latin1');
  message.on('data', (text: string) => {
    body += text;
  });
  message.on('error', () => {});
  message.on('end', () => {
    if (!message.complete) return;
    const { method = '', url = '', statusCode: status = 0 } = message;
    done({ method, url, status, fields: pairs(message.rawHeaders), body, trailers: pairs(message.rawTrailers) });
  });
}

function pairs(raw: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let i = 0; i < raw.length; i += 2) found.push([raw[i]!.toLowerCase(), raw[i + 1]!]);
  return found;
}
