import type { Dispatcher } from 'undici';
import type { ClusterAccess } from './cluster-access.ts';
import { describeError, KubeApiError, toKubeError } from './kube-error.ts';
import { LineSplitter } from './line-splitter.ts';
import { Turns } from './turns.ts';

/** Members that are undefined are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface KubeApiOptions {
  /** `fairlead/0.1.0 (pod)`: what the API server's audit log and metrics call us. */
  readonly userAgent: string;
  /** For a whole call that is no watch, and for the head of a watch's answer. 30 s by default. */
  readonly timeoutMs?: number;
}

/** A page of a list. Items of built-in kinds come without apiVersion and kind. */
export interface KubeList {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly unknown[] | null;
  /** Length of the answer, in bytes. */
  readonly bytes: number;
}

/** One line of a watch. */
export interface WatchEvent {
  readonly type: string;
  readonly object: unknown;
}

export interface ApplyOptions {
  /** Takes fields over from other managers. */
  readonly force?: boolean;
  readonly subresource?: 'status';
}

export interface Preconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

const defaultTimeoutMs = 30_000;

/**
 * Calls to the API server over one pool of connections. Every failure is a `KubeApiError`; nothing is tried twice, but for credentials that
 * were refused once. Paths begin with `/api` or `/apis`.
 */
export class KubeApi {
  readonly #access: ClusterAccess;
  readonly #timeoutMs: number;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #basePath: string;

  constructor(access: ClusterAccess, options: KubeApiOptions) {
    this.#access = access;
    this.#timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    this.#headers = { accept: 'application/json', 'user-agent': options.userAgent, ...access.headers };
    this.#basePath = access.server.pathname.replace(/\/$/, '');
  }

  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return (await this.#call('GET', path, {}, signal)) as T;
  }

  async list(path: string, query: Query = {}, signal?: AbortSignal): Promise<KubeList> {
    const text = await this.#callForText('GET', path, { query }, signal);
    return { ...(parseBody(text) as Omit<KubeList, 'bytes'>), bytes: text.length };
  }

  /**
   * Calls `onEvent` for each line until the server ends the watch or `signal` aborts; then resolves. Lines arrive as they are read, a chunk
   * of the connection at a time. `onOpen` is called when the server has agreed. Rejects when the watch can't be had or breaks, and with a
   * `KubeApiError` that `onEvent` throws.
   */
  async watch(
    path: string,
    query: Query,
    onEvent: (event: WatchEvent) => void,
    signal: AbortSignal,
    onOpen?: () => void,
  ): Promise<void> {
    if (signal.aborted) return;
    try {
      const body = await this.#openWatch(path, query, signal);
      onOpen?.();
      const lines = new LineSplitter((line) => {
        if (!signal.aborted) onEvent(parseBody(line) as WatchEvent);
      });
      const turns = new Turns();
      for await (const chunk of body) {
        lines.push(chunk as Buffer);
        await turns.giveWay();
      }
      if (lines.pendingBytes > 0) throw new KubeApiError(0, 'Unreachable', 'the watch was cut within a line');
    } catch (error) {
      if (!signal.aborted) throw toFailure(error);
    }
  }

  async create<T>(path: string, body: object): Promise<T> {
    return (await this.#call('POST', path, { body, contentType: 'application/json' })) as T;
  }

  async update<T>(path: string, body: object): Promise<T> {
    return (await this.#call('PUT', path, { body, contentType: 'application/json' })) as T;
  }

  /** Server-side apply. */
  async applyPatch<T>(path: string, body: object, fieldManager: string, options: ApplyOptions = {}): Promise<T> {
    const query = { fieldManager, force: options.force };
    const at = withSubresource(path, options.subresource);
    return (await this.#call('PATCH', at, { query, body, contentType: 'application/apply-patch+yaml' })) as T;
  }

  /** RFC 7386. With `metadata.resourceVersion` in `body` it fails with reason Conflict when somebody was faster. */
  async mergePatch<T>(path: string, body: object, subresource?: 'status'): Promise<T> {
    const at = withSubresource(path, subresource);
    return (await this.#call('PATCH', at, { body, contentType: 'application/merge-patch+json' })) as T;
  }

  async delete(path: string, preconditions?: Preconditions): Promise<void> {
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', ...(preconditions === undefined ? {} : { preconditions }) };
    await this.#call('DELETE', path, { body, contentType: 'application/json' });
  }

  async #call(method: Dispatcher.HttpMethod, path: string, content: Content, signal?: AbortSignal): Promise<unknown> {
    return parseBody(await this.#callForText(method, path, content, signal));
  }

  async #callForText(
    method: Dispatcher.HttpMethod,
    path: string,
    content: Content,
    signal?: AbortSignal,
  ): Promise<string> {
    const timed = new Timed(this.#timeoutMs, signal);
    try {
      const { body } = await this.#request(method, path, content, timed.signal);
      return await body.text();
    } catch (error) {
      throw toFailure(timed.timedOut ? timed.error(`${method} ${path}`) : error);
    } finally {
      timed.end();
    }
  }

  async #openWatch(path: string, query: Query, signal: AbortSignal): Promise<Dispatcher.ResponseData['body']> {
    const timed = new Timed(this.#timeoutMs, signal);
    try {
      const { body } = await this.#request('GET', path, { query: { ...query, watch: true } }, timed.signal);
      timed.disarm();
      // Left unread once the signal has aborted, its error is nobody's.
      body.once('error', () => {});
      body.once('close', () => timed.end());
      return body;
    } catch (error) {
      timed.end();
      throw timed.timedOut ? timed.error(`the watch of ${path}`) : error;
    }
  }

  /** Resolves with a good answer only. */
  async #request(
    method: Dispatcher.HttpMethod,
    path: string,
    content: Content,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const authorization = await this.#access.authorization();
    const first = await this.#send(method, path, content, authorization, signal);
    if (first.statusCode !== 401) return checked(first);
    // The credentials may have been replaced a moment ago: once more, with those that are there now.
    this.#access.invalidate(authorization);
    const renewed = await this.#access.authorization();
    if (renewed === authorization) return checked(first);
    await first.body.dump();
    return checked(await this.#send(method, path, content, renewed, signal));
  }

  async #send(
    method: Dispatcher.HttpMethod,
    path: string,
    { query, body, contentType }: Content,
    authorization: string | null,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    return this.#access.dispatcher.request({
      origin: this.#access.server.origin,
      method,
      path: this.#basePath + path + toQueryString(query),
      headers: {
        ...this.#headers,
        ...(authorization === null ? {} : { authorization }),
        ...(contentType === undefined ? {} : { 'content-type': contentType }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal,
      // A watch may be silent for as long as it likes; other calls have their deadline.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }
}

interface Content {
  readonly query?: Query;
  readonly body?: object;
  readonly contentType?: string;
}

/** A deadline together with the caller's wish to stop. */
class Timed {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #onAbort = (): void => this.#controller.abort();
  readonly #timer: NodeJS.Timeout;
  readonly #afterMs: number;
  timedOut = false;

  constructor(afterMs: number, outer: AbortSignal | undefined) {
    this.#afterMs = afterMs;
    this.#outer = outer;
    this.#timer = setTimeout(() => {
      this.timedOut = true;
      this.#controller.abort();
    }, afterMs);
    if (outer?.aborted) this.#controller.abort();
    else outer?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  error(what: string): KubeApiError {
    return new KubeApiError(0, 'Unreachable', `no answer to ${what} within ${this.#afterMs / 1_000} s`);
  }

  /** Only the caller's wish counts from now on. */
  disarm(): void {
    clearTimeout(this.#timer);
  }

  end(): void {
    this.disarm();
    this.#outer?.removeEventListener('abort', this.#onAbort);
  }
}

async function checked(response: Dispatcher.ResponseData): Promise<Dispatcher.ResponseData> {
  if (response.statusCode < 300) return response;
  const retryAfter = response.headers['retry-after'];
  const text = await response.body.text();
  throw toKubeError(response.statusCode, text, typeof retryAfter === 'string' ? retryAfter : null);
}

function toFailure(error: unknown): KubeApiError {
  if (error instanceof KubeApiError) return error;
  const cause = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  return new KubeApiError(0, 'Unreachable', `${describeError(error)}${cause}`, null, error);
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new KubeApiError(0, 'BadResponse', 'the answer is no JSON', null, error);
  }
}

function toQueryString(query: Query = {}): string {
  const pairs = Object.entries(query).filter(
    (pair): pair is [string, string | number | boolean] => pair[1] !== undefined,
  );
  if (pairs.length === 0) return '';
  return `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}`;
}

function withSubresource(path: string, subresource: 'status' | undefined): string {
  return subresource === undefined ? path : `${path}/${subresource}`;
}
