import { type Filter, type PreparedFilters, prepareFilters, type Rule, WeightedSequence } from '@fairlead/routing';
import { type Failure, ruleFailure } from './errors.ts';
import { MirrorShare } from './mirror-share.ts';
import { ownRetryPolicy, type RetryPolicy } from './retry-policy.ts';

/** Filters made ready when the table arrives, with the turns of their mirrors. */
export interface PreparedStage {
  readonly filters: PreparedFilters;
  /** Null without mirrors. */
  readonly mirrors: readonly MirrorShare[] | null;
}

/** One entry of a weighted split. */
export interface PreparedReference extends PreparedStage {
  /** `Backend.id`; null when the reference is invalid. */
  readonly backend: string | null;
}

/** A rule made ready to be applied to requests. */
export class PreparedRule {
  readonly rule: Rule;
  /** Index into the shared turns and the metrics. */
  readonly slot: number;
  /** The rule can only fail. */
  readonly failure: Failure | null;
  readonly stage: PreparedStage;
  readonly references: readonly PreparedReference[];
  /** Null where there is nothing to choose. */
  readonly sequence: WeightedSequence | null;
  readonly retry: RetryPolicy;

  constructor(rule: Rule, slot: number, defaultRetry: RetryPolicy) {
    this.rule = rule;
    this.slot = slot;
    this.failure = rule.failure && ruleFailure(rule.failure.status, rule.failure.reason);
    this.stage = prepareStage(rule.filters);
    this.references = rule.backends.map(({ backend, filters }) => ({ backend, ...prepareStage(filters) }));
    this.sequence = rule.backends.length > 1 ? new WeightedSequence(rule.backends.map(({ weight }) => weight)) : null;
    this.retry = rule.retry === null ? defaultRetry : ownRetryPolicy(rule.retry);
  }

  /** The shortest time that something of this rule waits for; Infinity without. */
  get shortestMs(): number {
    const { requestMs, backendRequestMs } = this.rule.timeouts;
    return Math.min(positive(requestMs), positive(backendRequestMs), positive(this.retry.backoffMs));
  }
}

function positive(ms: number): number {
  return ms > 0 ? ms : Number.POSITIVE_INFINITY;
}

function prepareStage(filters: readonly Filter[]): PreparedStage {
  const prepared = prepareFilters(filters);
  const mirrors = prepared.mirrors?.map((mirror) => new MirrorShare(mirror)) ?? null;
  return { filters: prepared, mirrors };
}
