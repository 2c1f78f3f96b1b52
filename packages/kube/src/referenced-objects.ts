import type { KubeObject } from '@fairlead/resources';
import type { KindResource } from './kind-resource.ts';
import { KindWatch, type WatchContext, type WatchEvents } from './kind-watch.ts';
import type { ReflectorState } from './reflector.ts';

export interface ReferencedEvents {
  readonly onChange: WatchEvents['onChange'];
  readonly onState: (key: string, state: ReflectorState | null) => void;
}

/**
 * Follows the Secrets or ConfigMaps that are named, and no others: each by a watch of its own. RBAC may so be as narrow as a list of names, and
 * what is not ours never comes into memory.
 */
export class ReferencedObjects {
  readonly #resource: KindResource;
  readonly #context: WatchContext;
  readonly #events: ReferencedEvents;
  readonly #watches = new Map<string, { readonly watch: KindWatch; readonly stop: AbortController }>();

  constructor(resource: KindResource, context: WatchContext, events: ReferencedEvents) {
    this.#resource = resource;
    this.#context = context;
    this.#events = events;
  }

  /** Begins to follow what is new in `keys`, and forgets what is no longer there. */
  follow(keys: ReadonlySet<string>, signal: AbortSignal): void {
    for (const [key, { stop }] of this.#watches) {
      if (keys.has(key)) continue;
      stop.abort();
      this.#watches.delete(key);
      this.#events.onState(key, null);
    }
    for (const key of keys) if (!this.#watches.has(key)) this.#begin(key, signal);
  }

  /** Everything that is followed was looked up, as far as that can be done. */
  get answered(): boolean {
    for (const { watch } of this.#watches.values()) if (!watch.answered) return false;
    return true;
  }

  /** By `namespace/name`: those that exist. */
  collect(): ReadonlyMap<string, KubeObject> {
    const found = new Map<string, KubeObject>();
    for (const [key, { watch }] of this.#watches) {
      const object = watch.objects.get(key)?.object;
      if (object) found.set(key, object);
    }
    return found;
  }

  #begin(key: string, signal: AbortSignal): void {
    const [namespace = '', name = ''] = key.split('/');
    const stop = new AbortController();
    const watch = new KindWatch(this.#resource, { namespace, name }, this.#context, {
      onChange: this.#events.onChange,
      onState: (state) => {
        if (!stop.signal.aborted) this.#events.onState(key, state);
      },
    });
    this.#watches.set(key, { watch, stop });
    void watch.run(AbortSignal.any([signal, stop.signal]));
  }
}
