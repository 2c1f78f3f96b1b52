import { didYouMean } from './did-you-mean.ts';
import { describe, isMap } from './identify.ts';
import type { Report, SchemaPath } from './schema-problem.ts';
import type { EitherShape, IntegerShape, ListShape, MapShape, ObjectShape, Shape, TextShape } from './shape.ts';

/** Reports everything in which `value` differs from `shape`. True when nothing does. */
export function checkShape(value: unknown, shape: Shape, path: SchemaPath, report: Report): boolean {
  if (!checkParts(value, shape, path, report)) return false;
  let good = true;
  for (const rule of shape.rules ?? []) {
    rule(value as never, (within, message) => {
      good = false;
      report([...path, ...within], message);
    });
  }
  return good;
}

function checkParts(value: unknown, shape: Shape, path: SchemaPath, report: Report): boolean {
  switch (shape.type) {
    case 'text':
      return checkText(value, shape, path, report);
    case 'integer':
      return checkInteger(value, shape, path, report);
    case 'boolean':
      return typeof value === 'boolean' || fail(report, path, `must be true or false, not ${describe(value)}`);
    case 'list':
      return checkList(value, shape, path, report);
    case 'map':
      return checkMap(value, shape, path, report);
    case 'object':
      return checkObject(value, shape, path, report);
    case 'either':
      return checkEither(value, shape, path, report);
  }
}

function fail(report: Report, path: SchemaPath, message: string): false {
  report(path, message);
  return false;
}

function checkText(value: unknown, shape: TextShape, path: SchemaPath, report: Report): boolean {
  if (typeof value !== 'string')
    return fail(report, path, `must be a string, not ${describe(value)}${quoteHint(value)}`);
  const { oneOf, pattern, minLength, maxLength } = shape;
  if (oneOf !== undefined) return oneOf.includes(value) || fail(report, path, notOneOf(value, oneOf));
  if (value.length < minLength)
    return fail(report, path, minLength === 1 ? 'must not be empty' : `must have at least ${minLength} characters`);
  if (value.length > maxLength && [...value].length > maxLength) {
    return fail(report, path, `has ${[...value].length} characters; at most ${maxLength} are allowed`);
  }
  if (pattern === undefined || pattern.expression.test(value)) return true;
  return fail(report, path, `must be ${pattern.words}${shape.secret ? '' : `, not ${quote(value)}`}`);
}

/** YAML reads `80` and `true` as what they look like. */
function quoteHint(value: unknown): string {
  return typeof value === 'number' || typeof value === 'boolean' ? ': put it in quotes' : '';
}

function notOneOf(value: string, allowed: readonly string[]): string {
  const list = allowed.map((word) => JSON.stringify(word)).join(', ');
  return `must be one of ${list}, not ${quote(value)}${didYouMean(value, allowed)}`;
}

/** A bounded part of it: it goes into messages. */
function quote(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}…` : value);
}

function checkInteger(value: unknown, shape: IntegerShape, path: SchemaPath, report: Report): boolean {
  const { minimum, maximum, oneOf } = shape;
  if (oneOf !== undefined) {
    return (
      oneOf.includes(value as number) || fail(report, path, `must be one of ${oneOf.join(', ')}, not ${shown(value)}`)
    );
  }
  if (Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum) return true;
  const range = maximum === 2 ** 31 - 1 ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
  return fail(report, path, `must be a whole number ${range}, not ${shown(value)}`);
}

function shown(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? `the string ${quote(value)}` : describe(value);
}

function checkList(value: unknown, shape: ListShape, path: SchemaPath, report: Report): boolean {
  if (!Array.isArray(value)) return fail(report, path, `must be a list, not ${describe(value)}`);
  if (value.length < shape.minItems)
    return fail(report, path, `must have at least ${shape.minItems} ${entries(shape.minItems)}`);
  if (value.length > shape.maxItems)
    return fail(report, path, `has ${value.length} entries; at most ${shape.maxItems} are allowed`);
  let good = true;
  for (let i = 0; i < value.length; i++) if (!checkShape(value[i], shape.items, [...path, i], report)) good = false;
  return good && checkUnique(value, shape, path, report);
}

function entries(count: number): string {
  return count === 1 ? 'entry' : 'entries';
}

function checkUnique(value: readonly unknown[], { uniqueBy }: ListShape, path: SchemaPath, report: Report): boolean {
  if (uniqueBy === undefined || value.length < 2) return true;
  const first = new Map<string, number>();
  let good = true;
  for (const [i, item] of value.entries()) {
    const parts = uniqueBy.length === 0 ? [item] : uniqueBy.map((field) => (item as Record<string, unknown>)[field]);
    const key = JSON.stringify(parts);
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, i);
      continue;
    }
    const last = uniqueBy.at(-1);
    const what = parts.map((part) => (typeof part === 'string' ? quote(part) : String(part))).join(', ');
    good = fail(
      report,
      last === undefined ? [...path, i] : [...path, i, last],
      `${what} is already in entry ${earlier}; every ${last ?? 'entry'} may be there once`,
    );
  }
  return good;
}

function checkMap(value: unknown, shape: MapShape, path: SchemaPath, report: Report): boolean {
  if (!isMap(value)) return fail(report, path, `must be a map, not ${describe(value)}`);
  const keys = Object.keys(value);
  if (keys.length > shape.maxEntries)
    return fail(report, path, `has ${keys.length} entries; at most ${shape.maxEntries} are allowed`);
  let good = true;
  for (const key of keys) {
    if (shape.keys?.expression.test(key) === false)
      good = fail(report, [...path, key], `its name must be ${shape.keys.words}`);
    if (!checkShape(value[key], shape.values, [...path, key], report)) good = false;
  }
  return good;
}

function checkObject(value: unknown, shape: ObjectShape, path: SchemaPath, report: Report): boolean {
  if (!isMap(value)) return fail(report, path, `must be a map, not ${describe(value)}`);
  let good = true;
  for (const key of Object.keys(shape.required)) {
    if (!Object.hasOwn(value, key)) good = fail(report, [...path, key], 'is required');
  }
  for (const key of Object.keys(value)) {
    const field = fieldOf(shape, key);
    if (field !== null) good = checkShape(value[key], field, [...path, key], report) && good;
    else if (!shape.open) good = fail(report, [...path, key], unknownField(key, shape));
  }
  return good;
}

function fieldOf(shape: ObjectShape, key: string): Shape | null {
  if (Object.hasOwn(shape.required, key)) return shape.required[key]!;
  return Object.hasOwn(shape.optional, key) ? shape.optional[key]! : null;
}

function unknownField(key: string, shape: ObjectShape): string {
  const known = [...Object.keys(shape.required), ...Object.keys(shape.optional)].sort();
  return `unknown field${didYouMean(key, known)}; the fields here are ${known.join(', ')}`;
}

function checkEither(value: unknown, shape: EitherShape, path: SchemaPath, report: Report): boolean {
  return typeof value === 'string'
    ? checkText(value, shape.text, path, report)
    : checkInteger(value, shape.integer, path, report);
}
