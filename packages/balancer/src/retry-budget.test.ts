import { expect, test } from 'vitest';
import { RetryBudget } from './retry-budget.ts';

function take(budget: RetryBudget, times: number, nowMs: number): number {
  return Array.from({ length: times }, () => budget.tryTake(nowMs)).filter(Boolean).length;
}

test('a quiet gateway may retry ten times a second', () => {
  const budget = new RetryBudget(0.2, 10);
  expect(take(budget, 1_000, 0)).toBe(50);
  expect(take(budget, 10, 4_000)).toBe(0);
  expect(take(budget, 1_000, 5_000)).toBe(50);
});

test('a busy one may retry a fifth of its requests', () => {
  const budget = new RetryBudget(0.2, 0);
  for (let i = 0; i < 1_000; i++) budget.request(i);
  expect(take(budget, 1_000, 1_000)).toBe(200);
});

test('requests that the window has left do not count', () => {
  const budget = new RetryBudget(0.5, 0);
  for (let i = 0; i < 100; i++) budget.request(0);
  for (let i = 0; i < 10; i++) budget.request(3_000);
  expect(take(budget, 20, 4_999)).toBe(20);
  expect(take(budget, 100, 5_000)).toBe(0);
  expect(take(budget, 100, 60_000)).toBe(0);
});

test('never more than its share over any five seconds', () => {
  const budget = new RetryBudget(0.2, 0);
  let taken = 0;
  for (let nowMs = 0; nowMs < 60_000; nowMs++) {
    budget.request(nowMs);
    if (budget.tryTake(nowMs)) taken++;
  }
  expect(taken / 60_000).toBeCloseTo(0.2, 2);
});

test('a clock that steps back is taken for one that stands still', () => {
  const budget = new RetryBudget(0.2, 10);
  budget.request(10_000);
  budget.request(9_000);
  expect(take(budget, 100, 9_500)).toBe(50);
});
