import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { kinds } from '@fairlead/resources';
import type { ClusterAccess } from '../../src/cluster-access.ts';
import { createPool } from '../../src/connections.ts';
import { kindResource } from '../../src/kind-resource.ts';
import { FakeCollection, type FakeObject, type FakeResource } from './fake-cluster.ts';
import { FakeWatch } from './fake-watch.ts';
import { type FakeAnswer, failure, writeTo } from './fake-writes.ts';

export type { FakeObject } from './fake-cluster.ts';

/** What happens instead of an answer. */
export type Fault =
  | { readonly as: 'status'; readonly status: number; readonly reason?: string; readonly retryAfter?: string }
  | { readonly as: 'hang' }
  | { readonly as: 'cut' }
  | { readonly as: 'slow'; readonly ms: number }
  | { readonly as: 'noise'; readonly text: string };

export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly watch: boolean;
  readonly body: unknown;
}

/**
 * An API server in memory: discovery, lists in pages, watches with bookmarks and initial events, writes, and every fault a test asks for.
 * Objects survive `stop` and `start`.
 */
export class FakeApiServer {
  /** Asked for each request; null lets it through. */
  fault: (request: FakeRequest) => Fault | null = () => null;
  /** False: like a server before 1.32, refuses `sendInitialEvents`. */
  streaming = true;
  /** Tokens that are accepted; null accepts anybody. */
  tokens: ReadonlySet<string> | null = null;
  /** The one that `access` sends; see `tokens`. */
  token = 'good';
  /** Resources (plural) that may not be read. */
  readonly forbidden: Set<string> = new Set();
  readonly requests: FakeRequest[] = [];
  readonly watches: Set<FakeWatch> = new Set();
  /** How long a watch lasts at most, whatever it asks for. */
  maxWatchMs: number = Number.POSITIVE_INFINITY;
  readonly #collections = new Map<string, FakeCollection>();
  #server: Server | null = null;
  #port = 0;
  #version = 1_000;
  /** Continue tokens of before are refused. */
  #tokenEpoch = 0;

  /** All kinds that Fairlead reads are served at first. */
  constructor() {
    for (const kind of kinds.values()) this.serve(kindResource(kind.kind));
  }

  async start(): Promise<void> {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Connections break. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }

  access(): ClusterAccess {
    const server = new URL(`http://127.0.0.1:${this.#port}`);
    let token = this.token;
    return {
      server,
      dispatcher: createPool(server, async () => ({})),
      authorization: async () => `Bearer ${token}`,
      invalidate: (refused) => {
        if (refused === `Bearer ${token}`) token = this.token;
      },
      headers: {},
      namespace: 'fairlead-system',
      name: 'fake',
    };
  }

  serve(resource: FakeResource): void {
    const known = this.#collections.get(resource.plural);
    if (known === undefined)
      this.#collections.set(resource.plural, new FakeCollection(resource, () => ++this.#version));
  }

  /** As when a CRD is removed: its objects go first. */
  unserve(plural: string): void {
    const collection = this.collection(plural);
    for (const key of collection.objects.keys()) collection.delete(key);
    this.#collections.delete(plural);
    for (const watch of this.watches) if (watch.collection === collection) watch.close();
  }

  collection(plural: string): FakeCollection {
    const collection = this.#collections.get(plural);
    if (collection === undefined) throw new Error(`the fake API server does not serve ${plural}`);
    return collection;
  }

  put(plural: string, object: FakeObject): FakeObject {
    return this.collection(plural).put(object);
  }

  remove(plural: string, key: string): boolean {
    return this.collection(plural).delete(key);
  }

  get version(): number {
    return this.#version;
  }

  /** Another history begins: everything written from now on has lower versions. */
  restoreBackup(version: number): void {
    this.#version = version;
  }

  /** Everybody who is not up to date gets 410; so do lists that are under way. */
  compact(): void {
    for (const collection of this.#collections.values()) collection.compact(this.#version);
    this.#tokenEpoch++;
  }

  bookmark(): void {
    for (const watch of this.watches) watch.bookmark();
  }

  async #answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(message.url ?? '/', 'http://fake');
    const text = await readBody(message);
    const request: FakeRequest = {
      method: message.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      watch: url.searchParams.get('watch') === 'true',
      body: text === '' ? null : JSON.parse(text),
    };
    this.requests.push(request);
    const fault = this.fault(request);
    if (fault?.as === 'hang') return;
    if (fault?.as === 'slow') await new Promise((resolve) => setTimeout(resolve, fault.ms));
    else if (fault !== null) {
      misbehave(fault, response);
      return;
    }
    const answer = this.#isKnown(message)
      ? this.#route(request, message.headers['content-type'] ?? '', response)
      : failure(401, 'Unauthorized', 'Unauthorized');
    if (answer !== null) reply(response, answer);
  }

  #isKnown({ headers }: IncomingMessage): boolean {
    return this.tokens === null || this.tokens.has((headers.authorization ?? '').replace(/^Bearer /, ''));
  }

  #route(request: FakeRequest, contentType: string, response: ServerResponse): FakeAnswer | null {
    const parsed = parsePath(request.path);
    if (parsed === null || parsed.plural === null) return this.#discover(request.path);
    const collection = this.#collections.get(parsed.plural);
    const { versions = [] } = collection?.resource ?? {};
    if (collection === undefined || collection.resource.group !== parsed.group || !versions.includes(parsed.version)) {
      return failure(404, 'NotFound', 'the server could not find the requested resource');
    }
    if (this.forbidden.has(parsed.plural)) {
      return failure(403, 'Forbidden', `${parsed.plural} is forbidden: User "fake" cannot list`);
    }
    if (request.method !== 'GET') {
      const body = (request.body ?? {}) as FakeObject;
      return writeTo(collection, { ...parsed, ...request, contentType, body });
    }
    if (parsed.name !== null) return getOne(collection, parsed);
    const selects = toSelector(parsed.namespace, request.query);
    if (request.watch) return this.#watch(collection, request.query, selects, response);
    return this.#list(collection, request.query, selects);
  }

  #discover(path: string): FakeAnswer {
    const [, , group, version] = path.split('/');
    const resources = [...this.#collections.values()]
      .map(({ resource }) => resource)
      .filter((one) => one.group === group);
    if (resources.length === 0) return failure(404, 'NotFound', 'the server could not find the requested resource');
    if (version === undefined) {
      const versions = [...new Set(resources.flatMap((one) => one.versions))];
      return {
        status: 200,
        body: { kind: 'APIGroup', name: group, versions: versions.map((one) => ({ version: one })) },
      };
    }
    const served = resources.filter((one) => one.versions.includes(version));
    return {
      status: 200,
      body: { kind: 'APIResourceList', resources: served.map(({ plural }) => ({ name: plural })) },
    };
  }

  #list(collection: FakeCollection, query: URLSearchParams, selects: (object: FakeObject) => boolean): FakeAnswer {
    const limit = Number(query.get('limit') ?? 0) || Number.POSITIVE_INFINITY;
    const [epoch, version, from] = query.get('continue')?.split(':') ?? [
      String(this.#tokenEpoch),
      String(this.#version),
      '',
    ];
    if (Number(epoch) !== this.#tokenEpoch)
      return failure(410, 'Expired', 'The provided continue parameter is too old');
    const all = [...collection.objects].filter(([key, object]) => key > from! && selects(object));
    const page = all.slice(0, limit === Number.POSITIVE_INFINITY ? all.length : limit);
    const rest = all.length > page.length ? { continue: `${epoch}:${version}:${page.at(-1)![0]}` } : {};
    // Kubernetes' own kinds leave apiVersion and kind to the list.
    const items = page.map(([, { apiVersion: _, kind: __, ...object }]) => object);
    return {
      status: 200,
      body: { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: version, ...rest }, items },
    };
  }

  #watch(
    collection: FakeCollection,
    query: URLSearchParams,
    selects: (object: FakeObject) => boolean,
    response: ServerResponse,
  ): FakeAnswer | null {
    const initialEvents = query.get('sendInitialEvents') === 'true';
    if (initialEvents && !this.streaming) {
      return failure(422, 'Invalid', 'sendInitialEvents is forbidden for watch');
    }
    const since = query.get('resourceVersion');
    if (since !== null && collection.changesSince(Number(since)) === null) {
      return failure(410, 'Expired', `too old resource version: ${since}`);
    }
    const watch = new FakeWatch(collection, response, {
      since: since === null ? null : Number(since),
      initialEvents,
      bookmarks: query.get('allowWatchBookmarks') === 'true',
      timeoutMs: Math.min(this.maxWatchMs, Number(query.get('timeoutSeconds') ?? 1_800) * 1_000),
      version: () => this.#version,
      selects,
    });
    this.watches.add(watch);
    response.once('close', () => this.watches.delete(watch));
    return null;
  }
}

interface ParsedPath {
  readonly group: string;
  readonly version: string;
  readonly plural: string | null;
  readonly namespace: string | null;
  readonly name: string | null;
  readonly subresource: string | null;
}

/** `/api/v1/…` and `/apis/GROUP/VERSION/…`, then `[namespaces/NS/]PLURAL[/NAME[/SUBRESOURCE]]`. */
function parsePath(path: string): ParsedPath | null {
  const parts = path.split('/').slice(1).map(decodeURIComponent);
  const [group, version, rest] =
    parts[0] === 'api' ? ['', parts[1], parts.slice(2)] : [parts[1], parts[2], parts.slice(3)];
  if (group === undefined || version === undefined) return null;
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2;
  const [plural = null, name = null, subresource = null] = inNamespace ? rest.slice(2) : rest;
  return { group, version, plural, namespace: inNamespace ? rest[1]! : null, name, subresource };
}

function toSelector(namespace: string | null, query: URLSearchParams): (object: FakeObject) => boolean {
  const name = query.get('fieldSelector')?.replace('metadata.name=', '') ?? null;
  const labels = (query.get('labelSelector') ?? '').split(',').filter((pair) => pair !== '');
  const hasLabels = ({ metadata }: FakeObject): boolean => {
    const all = Object.entries(metadata.labels ?? {}).map(([label, value]) => `${label}=${value}`);
    return labels.every((pair) => all.includes(pair));
  };
  return (object) =>
    (namespace === null || object.metadata.namespace === namespace) &&
    (name === null || object.metadata.name === name) &&
    hasLabels(object);
}

function getOne(collection: FakeCollection, { namespace, name }: ParsedPath): FakeAnswer {
  const object = collection.get(namespace === null ? name! : `${namespace}/${name}`);
  return object === undefined ? failure(404, 'NotFound', `${name} not found`) : { status: 200, body: object };
}

function misbehave(fault: Exclude<Fault, { as: 'hang' | 'slow' }>, response: ServerResponse): void {
  if (fault.as === 'cut') response.destroy();
  else if (fault.as === 'noise') response.writeHead(200, { 'content-type': 'application/json' }).end(fault.text);
  else {
    const headers = fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter };
    reply(response, failure(fault.status, fault.reason ?? 'Fault', `a fault with status ${fault.status}`), headers);
  }
}

function reply(response: ServerResponse, { status, body }: FakeAnswer, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

async function readBody(message: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of message.setEncoding('utf8')) text += chunk;
  return text;
}
