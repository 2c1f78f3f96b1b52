import { type Backend, type Bind, createMatcher, type Matcher } from '@fairlead/routing';
import type { ToWorker } from '../protocol.ts';
import { PreparedRule } from './prepared-rule.ts';
import { defaultRetryPolicy, type RetryPolicy } from './retry-policy.ts';
import { type BackendShare, UpstreamBackend } from './upstream/upstream-backend.ts';

type Update = ToWorker & { readonly type: 'update' };

/**
 * What a worker serves by. Updates are applied whole between two events, so a request that reads it when its head arrives sees one version;
 * it keeps the rule and the backend that it was given to its end.
 */
export class Snapshot {
  version: number = 0;
  /** Counts updates that changed `binds`. */
  bindsVersion: number = 0;
  /** The shortest timeout or pause that any rule asks for; Infinity without. */
  shortestMs: number = Number.POSITIVE_INFINITY;
  readonly matcher: Matcher = createMatcher();
  readonly binds: Map<string, Bind> = new Map();
  readonly rules: Map<string, PreparedRule> = new Map();
  readonly backends: Map<string, UpstreamBackend> = new Map();
  readonly #share: BackendShare;
  readonly #defaultRetry: RetryPolicy;

  constructor(share: BackendShare) {
    this.#share = share;
    this.#defaultRetry = defaultRetryPolicy(share.upstream.settings.retryAttempts);
  }

  apply(update: Update, nowMs: number): void {
    this.matcher.apply(update.table);
    this.#applyBinds(update);
    this.#applyRules(update);
    this.#applyBackends(update, nowMs);
    this.version = update.version;
  }

  #applyBinds({ table: { binds } }: Update): void {
    for (const key of binds.remove) this.binds.delete(key);
    for (const [key, bind] of binds.set) this.binds.set(key, bind);
    if (binds.remove.length + binds.set.length > 0) this.bindsVersion++;
  }

  #applyRules({ table: { rules }, ruleSlots }: Update): void {
    const slots = new Map(ruleSlots);
    for (const id of rules.remove) this.rules.delete(id);
    for (const [id, rule] of rules.set) {
      const slot = slots.get(id);
      if (slot === undefined) throw new Error(`rule ${id} came without a slot`);
      this.rules.set(id, new PreparedRule(rule, slot, this.#defaultRetry));
    }
    if (rules.remove.length + rules.set.length === 0) return;
    this.shortestMs = Number.POSITIVE_INFINITY;
    for (const rule of this.rules.values()) this.shortestMs = Math.min(this.shortestMs, rule.shortestMs);
  }

  #applyBackends({ table: { backends }, endpoints }: Update, nowMs: number): void {
    for (const id of backends.remove) {
      this.backends.get(id)?.retire();
      this.backends.delete(id);
    }
    for (const [id, backend] of backends.set) this.#setBackend(id, backend, nowMs);
    for (const set of endpoints) this.backends.get(set.backend)?.setEndpoints(set.endpoints, nowMs);
  }

  /** A backend whose connections would be made differently is another one; its endpoints are the same. */
  #setBackend(id: string, backend: Backend, nowMs: number): void {
    const old = this.backends.get(id);
    if (old !== undefined && connectsAlike(old.backend, backend)) return;
    const next = new UpstreamBackend(backend, this.#share);
    this.backends.set(id, next);
    if (old === undefined) return;
    next.setEndpoints(
      [...old.endpoints.values()].map(({ endpoint }) => endpoint),
      nowMs,
    );
    old.retire();
  }
}

/** Everything about a backend but its endpoints says how to connect. */
function connectsAlike(a: Backend, b: Backend): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
