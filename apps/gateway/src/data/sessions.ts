import { Field, internName, names, type ResponseHead } from '@fairlead/message';
import type { SessionPersistence } from '@fairlead/routing';
import type { Exchange } from './exchange.ts';
import {
  cookieValue,
  endpointToken,
  readSession,
  renewedSession,
  type Session,
  sessionCookie,
} from './session-persistence.ts';

/** Reads from requests and writes into responses where a client's session lives. */
export class Sessions {
  readonly #nowSeconds: () => number;

  /** `nowSeconds`: since the epoch; sessions outlive this process. */
  constructor(nowSeconds: () => number) {
    this.#nowSeconds = nowSeconds;
  }

  /** Null when the request brings none, or one that has run out. */
  read(exchange: Exchange, policy: SessionPersistence): Session | null {
    for (const field of exchange.head.fields) {
      const value = valueIn(field, policy);
      const session = value === '' ? null : readSession(value, policy, this.#nowSeconds());
      if (session !== null) return session;
    }
    return null;
  }

  /** Tells the client where its session lives now, if it does not know. */
  renew(exchange: Exchange, head: ResponseHead): void {
    const policy = exchange.rule!.sessionPersistence!;
    const value = renewedSession(endpointToken(exchange.endpoint!), exchange.session, policy, this.#nowSeconds());
    if (value === null) return;
    head.fields.push(
      policy.type === 'cookie'
        ? new Field(names.setCookie, sessionCookie(value, policy, exchange.scheme === 'https'))
        : new Field(internName(policy.name), value),
    );
  }
}

function valueIn(field: Field, policy: SessionPersistence): string {
  if (policy.type === 'cookie') return field.name === names.cookie ? cookieValue(field.value, policy.name) : '';
  return field.name.name === policy.name.toLowerCase() ? field.value : '';
}
