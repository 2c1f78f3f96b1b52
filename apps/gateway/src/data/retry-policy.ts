import type { Retry } from '@fairlead/routing';

/** What is tried again, how often and after which pause: a rule's own `retry`, else the default of docs/adr/003. */
export interface RetryPolicy {
  /** Tries after the first. */
  readonly attempts: number;
  readonly backoffMs: number;
  /** Statuses that are retried as if no answer had come. */
  readonly codes: ReadonlySet<number>;
  /**
   * Written into the rule. Then methods that aren't idempotent and timeouts of a try are retried too, and, when there is no other endpoint,
   * on the same one.
   */
  readonly own: boolean;
}

const defaultCodes: ReadonlySet<number> = new Set([502, 503]);

export function defaultRetryPolicy(attempts: number): RetryPolicy {
  return { attempts, backoffMs: 0, codes: defaultCodes, own: false };
}

export function ownRetryPolicy(retry: Retry): RetryPolicy {
  return { attempts: retry.attempts, backoffMs: retry.backoffMs, codes: new Set(retry.codes), own: true };
}

/** RFC 9110 §9.2.2. */
export function isIdempotent(method: string): boolean {
  switch (method) {
    case 'GET':
    case 'HEAD':
    case 'PUT':
    case 'DELETE':
    case 'OPTIONS':
    case 'TRACE':
      return true;
    default:
      return false;
  }
}
