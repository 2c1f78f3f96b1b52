import {
  applyEdits,
  corsFields,
  corsPreflight,
  type PreparedFilters,
  redirectTo,
  rewriteHead,
} from '@fairlead/routing';
import type { Exchange } from './exchange.ts';
import { unknownFields } from './forwarded-fields.ts';
import type { GatewayAnswers } from './gateway-answers.ts';
import type { Verdict } from './verdict.ts';

/** Applies the filters of a rule, or of one of its backends, to a request. */
export class FilterStage {
  readonly #answers: GatewayAnswers;

  constructor(answers: GatewayAnswers) {
    this.#answers = answers;
  }

  apply(exchange: Exchange, filters: PreparedFilters): Verdict {
    return this.#cors(exchange, filters) ?? this.#redirect(exchange, filters) ?? this.#edit(exchange, filters);
  }

  /** A preflight is answered here; other requests get to know what their answer must say. */
  #cors(exchange: Exchange, { cors }: PreparedFilters): Verdict {
    if (cors === null) return null;
    const preflight = corsPreflight(cors, exchange.head);
    if (preflight !== null) return this.#answers.head(exchange, preflight);
    exchange.corsFields = corsFields(cors, exchange.head);
    return null;
  }

  #redirect(exchange: Exchange, { redirect }: PreparedFilters): Verdict {
    if (redirect === null) return null;
    const { path } = exchange.head;
    const mark = path.indexOf('?');
    const redirection = redirectTo(redirect, {
      scheme: exchange.scheme,
      authority: exchange.head.authority,
      listenerPort: exchange.accepted!.port,
      path: mark < 0 ? path : path.slice(0, mark),
      query: mark < 0 ? '' : path.slice(mark + 1),
      entry: exchange.entry!,
    });
    return this.#answers.redirect(exchange, redirection);
  }

  #edit(exchange: Exchange, { requestEdits, rewrite }: PreparedFilters): Verdict {
    const { head } = exchange;
    if (requestEdits !== null) {
      head.fields = applyEdits(requestEdits, head.fields);
      exchange.carried = unknownFields;
    }
    if (rewrite !== null) rewriteHead(rewrite, head, exchange.entry!);
    return null;
  }
}
