import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { collectionPath, type KubeObject, objectPath } from './kube-object.ts';
import type { ApiAccess } from './kubeconfig.ts';

/** An answer of the API server other than 2xx. */
class KubeAnswerError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(`${status}: ${message}`);
    this.status = status;
  }
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject;
}

interface ListAnswer {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly KubeObject[];
}

const fieldManager = 'fairlead-e2e';
const answerTimeoutMs = 30_000;

/**
 * The few calls that suites make of an API server, over kept-alive connections, so that applying an object takes the time of one request
 * and not of a process.
 */
export class KubeClient {
  readonly access: ApiAccess;
  readonly #agent: Agent;

  constructor(access: ApiAccess) {
    this.access = access;
    const tls = access.token === '' ? { cert: access.cert, key: access.key } : {};
    const ca = access.ca === '' ? {} : { ca: access.ca };
    this.#agent = new Agent({ keepAlive: true, rejectUnauthorized: !access.insecure, ...ca, ...tls });
  }

  /** Null when there is none. */
  async get<T extends KubeObject>(
    apiVersion: string,
    kind: string,
    namespace: string,
    name: string,
  ): Promise<T | null> {
    try {
      return await this.#call<T>('GET', objectPath({ apiVersion, kind, metadata: { name, namespace } }));
    } catch (error) {
      if (error instanceof KubeAnswerError && error.status === 404) return null;
      throw error;
    }
  }

  /** `query`: labelSelector, fieldSelector, … */
  async list(
    apiVersion: string,
    kind: string,
    namespace?: string,
    query: Readonly<Record<string, string>> = {},
  ): Promise<ListAnswer> {
    return this.#call('GET', `${collectionPath(apiVersion, kind, namespace)}?${new URLSearchParams(query)}`);
  }

  async create(object: KubeObject): Promise<KubeObject> {
    const path = objectPath(object);
    return this.#call('POST', path.slice(0, path.lastIndexOf('/')), object);
  }

  /** Server-side apply: makes it, or makes it so. */
  async apply(object: KubeObject): Promise<KubeObject> {
    const path = `${objectPath(object)}?fieldManager=${fieldManager}&force=true`;
    return this.#call('PATCH', path, object, 'application/apply-patch+yaml');
  }

  async applyAll(objects: readonly KubeObject[]): Promise<void> {
    for (const object of objects) await this.apply(object);
  }

  /** JSON merge patch. */
  async merge(object: KubeObject, patch: object): Promise<KubeObject> {
    return this.#call('PATCH', objectPath(object), patch, 'application/merge-patch+json');
  }

  /** No error when it is gone already. */
  async delete(object: KubeObject, graceSeconds?: number): Promise<void> {
    const body = graceSeconds === undefined ? undefined : { gracePeriodSeconds: graceSeconds };
    try {
      await this.#call('DELETE', objectPath(object), body);
    } catch (error) {
      if (!(error instanceof KubeAnswerError && error.status === 404)) throw error;
    }
  }

  /** Text that is not an object: logs, /readyz. */
  async text(path: string): Promise<string> {
    return read(await this.#send('GET', path));
  }

  /** From now on, until the signal: lists first, so that nothing is missed, and starts again whenever the stream ends. */
  watch(
    apiVersion: string,
    kind: string,
    namespace: string | undefined,
    query: Readonly<Record<string, string>>,
    onEvent: (event: WatchEvent) => void,
    signal: AbortSignal,
  ): void {
    const follow = async (): Promise<void> => {
      while (!signal.aborted) {
        try {
          const { items, metadata } = await this.list(apiVersion, kind, namespace, query);
          for (const item of items) onEvent({ type: 'ADDED', object: { ...item, apiVersion, kind } });
          const all = { ...query, watch: '1', resourceVersion: metadata.resourceVersion };
          const path = `${collectionPath(apiVersion, kind, namespace)}?${new URLSearchParams(all)}`;
          const answer = await this.#send('GET', path, undefined, undefined, signal);
          for await (const line of createInterface({ input: answer })) {
            const event = JSON.parse(line) as WatchEvent;
            if (event.type === 'ERROR') break;
            onEvent(event);
          }
        } catch (error) {
          if (signal.aborted) return;
          if (error instanceof KubeAnswerError && error.status === 403) throw error;
        }
        await sleep(200);
      }
    };
    void follow();
  }

  close(): void {
    this.#agent.destroy();
  }

  async #call<T>(method: string, path: string, body?: object, type?: string): Promise<T> {
    return JSON.parse(await read(await this.#send(method, path, body, type))) as T;
  }

  #send(
    method: string,
    path: string,
    body?: object,
    type = 'application/json',
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const { server, token } = this.access;
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(text) }),
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    };
    const base = server.pathname === '/' ? '' : server.pathname;
    const options = {
      method,
      headers,
      agent: this.#agent,
      path: base + path,
      ...(signal === undefined ? {} : { signal }),
    };
    return new Promise((resolve, reject) => {
      const sent = request(server, options, (answer) => {
        sent.setTimeout(0);
        if (answer.statusCode! < 300) resolve(answer);
        else read(answer).then((why) => reject(new KubeAnswerError(answer.statusCode!, reasonOf(why))), reject);
      });
      sent.setTimeout(answerTimeoutMs, () => sent.destroy(new Error(`no answer to ${method} ${path}`)));
      sent.once('error', reject);
      sent.end(text);
    });
  }
}

async function read(answer: IncomingMessage): Promise<string> {
  let text = '';
  answer.setEncoding('utf8');
  for await (const piece of answer) text += piece as string;
  return text;
}

function reasonOf(status: string): string {
  try {
    return (JSON.parse(status) as { message: string }).message;
  } catch {
    return status.trim();
  }
}
