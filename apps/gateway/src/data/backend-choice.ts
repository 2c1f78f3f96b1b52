import { failures, ruleFailure } from './errors.ts';
import type { Exchange } from './exchange.ts';
import type { PreparedReference } from './prepared-rule.ts';
import type { Sessions } from './sessions.ts';
import type { Snapshot } from './snapshot.ts';
import type { Verdict } from './verdict.ts';

/** Which of a rule's backends a request goes to. */
export class BackendChoice {
  readonly #snapshot: Snapshot;
  readonly #turns: Int32Array;
  readonly #sessions: Sessions;

  /** `turns`: by rule slot, shared by all workers, so that a split is exact over the whole replica. */
  constructor(snapshot: Snapshot, turns: Int32Array, sessions: Sessions) {
    this.#snapshot = snapshot;
    this.#turns = turns;
    this.#sessions = sessions;
  }

  choose(exchange: Exchange): Verdict {
    const { rule } = exchange.prepared!;
    if (rule.sessionPersistence !== null && this.#followSession(exchange)) return null;
    const reference = this.#nextReference(exchange);
    exchange.reference = reference;
    if (reference === null || reference.backend === null) return failures.invalidBackend;
    const chosen = this.#snapshot.backends.get(reference.backend);
    if (chosen === undefined) throw new Error(`the table has no backend ${reference.backend}`);
    exchange.chosen = chosen;
    exchange.backend = chosen.backend;
    const { failure } = chosen;
    return failure === null ? null : ruleFailure(failure.status, failure.reason);
  }

  #nextReference({ prepared }: Exchange): PreparedReference | null {
    const { references, sequence, slot } = prepared!;
    const index = sequence === null ? 0 : sequence.at(Atomics.add(this.#turns, slot, 1));
    return references[index] ?? null;
  }

  /** The endpoint may stand behind any backend of the rule; its share of the weights is not counted against the session. */
  #followSession(exchange: Exchange): boolean {
    const { references, rule } = exchange.prepared!;
    const session = this.#sessions.read(exchange, rule.sessionPersistence!);
    exchange.session = session;
    if (session === null) return false;
    for (const reference of references) {
      const backend = reference.backend === null ? undefined : this.#snapshot.backends.get(reference.backend);
      const endpoint = backend?.failure === null ? backend.byToken(session.token) : null;
      if (endpoint === null || backend === undefined) continue;
      exchange.reference = reference;
      exchange.chosen = backend;
      exchange.backend = backend.backend;
      exchange.preferred = endpoint;
      return true;
    }
    return false;
  }
}
