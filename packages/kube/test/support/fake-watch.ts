import type { ServerResponse } from 'node:http';
import type { FakeChange, FakeCollection, FakeObject } from './fake-cluster.ts';

export interface FakeWatchOptions {
  /** Null: from now. */
  readonly since: number | null;
  readonly initialEvents: boolean;
  readonly bookmarks: boolean;
  readonly timeoutMs: number;
  readonly version: () => number;
  readonly selects: (object: FakeObject) => boolean;
}

/** One open watch. */
export class FakeWatch {
  readonly collection: FakeCollection;
  readonly #response: ServerResponse;
  readonly #options: FakeWatchOptions;
  readonly #stop: () => void;
  readonly #timer: NodeJS.Timeout;
  /** Nothing is sent any more, and the connection stays open. */
  silent = false;

  constructor(collection: FakeCollection, response: ServerResponse, options: FakeWatchOptions) {
    this.collection = collection;
    this.#response = response;
    this.#options = options;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (options.initialEvents) this.#sendInitialEvents();
    else
      for (const change of collection.changesSince(options.since ?? options.version()) ?? []) this.#sendChange(change);
    this.#stop = collection.listen((change) => this.#sendChange(change));
    this.#timer = setTimeout(() => this.#expire(), options.timeoutMs);
    response.once('close', () => this.#end());
  }

  bookmark(version: number = this.#options.version()): void {
    if (this.#options.bookmarks) this.send('BOOKMARK', { metadata: { resourceVersion: String(version) } });
  }

  send(type: string, object: object): void {
    if (this.silent || this.#response.writableEnded) return;
    this.#response.write(`${JSON.stringify({ type, object })}\n`);
  }

  /** Breaks the connection in the middle of an event that would have been `object`. */
  cut(object: object): void {
    const line = JSON.stringify({ type: 'MODIFIED', object });
    this.#response.write(line.slice(0, Math.floor(line.length / 2)), () => this.#response.destroy());
  }

  /** Ends it as a server that stops does. */
  close(): void {
    if (!this.silent) this.#response.end();
  }

  #sendInitialEvents(): void {
    const { collection } = this;
    for (const object of collection.objects.values()) {
      if (this.#options.selects(object)) this.send('ADDED', object);
    }
    const annotations = { 'k8s.io/initial-events-end': 'true' };
    this.send('BOOKMARK', { metadata: { resourceVersion: String(this.#options.version()), annotations } });
  }

  #sendChange({ type, object }: FakeChange): void {
    if (this.#options.selects(object)) this.send(type, object);
  }

  #expire(): void {
    this.bookmark();
    this.close();
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#stop();
  }
}
