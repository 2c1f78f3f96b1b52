import { describe, expect, it } from 'vitest';
import { compareHostnames, intersects } from './hostnames.ts';

describe('intersects', () => {
  it.each([
    ['', 'a.example.com', true],
    ['a.example.com', 'a.example.com', true],
    ['a.example.com', 'b.example.com', false],
    ['*.example.com', 'a.example.com', true],
    ['*.example.com', 'b.a.example.com', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', 'aexample.com', false],
    ['*.example.com', '*.a.example.com', true],
    ['*.example.com', '*.example.org', false],
    ['*.a.example.com', '*.b.example.com', false],
  ])('%j and %j: %s', (a, b, expected) => {
    expect(intersects(a, b)).toBe(expected);
    expect(intersects(b, a)).toBe(expected);
  });
});

describe('compareHostnames', () => {
  it('puts exact before wildcards, longer wildcards before shorter, any last', () => {
    const order = ['a.b.example.com', 'a.example.com', '*.b.example.com', '*.example.com', '*.com', ''];
    expect([...order].reverse().sort(compareHostnames)).toEqual(order);
  });
});
