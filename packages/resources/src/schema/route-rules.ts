import type { Rule } from './shape.ts';

/** What holds for the rules of every kind of route. */

interface RouteRule {
  readonly name?: string;
  readonly matches?: readonly unknown[];
}

export const uniqueRuleNames: Rule = (rules: readonly RouteRule[], report) => {
  for (const [i, { name }] of rules.entries()) {
    const first = name === undefined ? i : rules.findIndex((rule) => rule.name === name);
    if (first < i) report([i, 'name'], `"${name}" is already the name of rule ${first}; every name may be there once`);
  }
};

/** `byDefault`: how many matches a rule without any gets from the API. */
export function atMostMatches(byDefault: number): Rule {
  return (rules: readonly RouteRule[], report) => {
    const count = rules.reduce((sum, { matches }) => sum + (matches?.length ?? byDefault), 0);
    if (count > 128) report([], `its rules have ${count} matches in all; at most 128 are allowed`);
  };
}
