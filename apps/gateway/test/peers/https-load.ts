import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';

/** SHA-256 of the certificate that new connections are shown, as `Certificate.fingerprint`; '' when there is no handshake. */
export async function servedFingerprint(port: number, servername: string): Promise<string> {
  const options: ConnectionOptions = { port, host: '127.0.0.1', servername, rejectUnauthorized: false };
  const socket = connect(options);
  try {
    await once(socket, 'secureConnect');
    return socket.getPeerCertificate().fingerprint256.replaceAll(':', '').toLowerCase();
  } catch {
    return '';
  } finally {
    socket.destroy();
  }
}

/** Asks over and over, on kept and on new connections, and counts what goes wrong. */
export class HttpsLoad {
  readonly failures: string[] = [];
  answers: number = 0;
  /** Fingerprints that new connections were shown. */
  readonly seen: Set<string> = new Set();
  readonly #port: number;
  readonly #servername: string;
  readonly #kept: Agent = new Agent({ keepAlive: true, maxSockets: 8 });
  #running: boolean = true;
  readonly #loops: readonly Promise<void>[];

  constructor(port: number, servername: string) {
    this.#port = port;
    this.#servername = servername;
    this.#loops = Array.from({ length: 8 }, (_, i) => this.#loop(i % 2 === 0));
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#loops);
    this.#kept.destroy();
  }

  async #loop(kept: boolean): Promise<void> {
    while (this.#running) {
      await this.#ask(kept).catch((error: Error) => this.failures.push(String(error)));
      await sleep(4);
    }
  }

  async #ask(kept: boolean): Promise<void> {
    const asked = request({
      port: this.#port,
      host: '127.0.0.1',
      servername: this.#servername,
      headers: { host: this.#servername },
      rejectUnauthorized: false,
      agent: kept ? this.#kept : false,
    });
    asked.end();
    const [response] = (await once(asked, 'response')) as [{ readonly statusCode: number } & NodeJS.ReadableStream];
    const socket = asked.socket as TLSSocket;
    if (!kept) this.seen.add(socket.getPeerCertificate().fingerprint256.replaceAll(':', '').toLowerCase());
    response.resume();
    await once(response, 'end');
    this.answers++;
    if (response.statusCode !== 200) this.failures.push(`status ${response.statusCode}`);
  }
}
