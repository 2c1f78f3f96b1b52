import type { Report } from './schema-problem.ts';

/**
 * What a value must look like: the part of JSON schema that Kubernetes' structural schemas use, with words for people beside patterns and
 * with rules beside the types they are about, as a CRD has its CEL rules. Own data and an own check: a library's takes 300 ms and 15 MB to load.
 */
export type Shape = TextShape | IntegerShape | BooleanShape | ListShape | MapShape | ObjectShape | EitherShape;

export interface TextShape extends Rules {
  readonly type: 'text';
  readonly minLength: number;
  /** In characters (Unicode code points). */
  readonly maxLength: number;
  readonly oneOf?: readonly string[];
  readonly pattern?: Pattern;
  /** Never goes into a message. */
  readonly secret?: boolean;
}

export interface Pattern {
  /** Linear in the length of the text. */
  readonly expression: RegExp;
  /** Completes "must be …". */
  readonly words: string;
}

export interface IntegerShape extends Rules {
  readonly type: 'integer';
  readonly minimum: number;
  readonly maximum: number;
  readonly oneOf?: readonly number[];
}

export interface BooleanShape extends Rules {
  readonly type: 'boolean';
}

export interface ListShape extends Rules {
  readonly type: 'list';
  readonly items: Shape;
  readonly minItems: number;
  readonly maxItems: number;
  /** Fields that together no two items may share; [] compares the items themselves. Absent: repeats are allowed. */
  readonly uniqueBy?: readonly string[];
}

/** Any keys, one shape of values. */
export interface MapShape extends Rules {
  readonly type: 'map';
  readonly keys?: Pattern;
  readonly values: Shape;
  readonly maxEntries: number;
}

export interface ObjectShape extends Rules {
  readonly type: 'object';
  readonly required: Fields;
  readonly optional: Fields;
  /** Fields that are not named here are somebody else's to read; otherwise they are mistakes. */
  readonly open: boolean;
}

export interface EitherShape extends Rules {
  readonly type: 'either';
  readonly text: TextShape;
  readonly integer: IntegerShape;
}

export type Fields = Readonly<Record<string, Shape>>;

interface Rules {
  /** Run when the value has its shape, all the way down. */
  readonly rules?: readonly Rule[];
}

/**
 * What can't be told of one field alone. Reports with paths within `value`. A rule names the type that it needs; the shape it stands beside
 * vouches for it.
 */
export type Rule = (value: never, report: Report) => void;

export function text(limits: Partial<Omit<TextShape, 'type'>> = {}): TextShape {
  return { type: 'text', minLength: 0, maxLength: Number.POSITIVE_INFINITY, ...limits };
}

export function oneOf(...values: readonly string[]): TextShape {
  return text({ oneOf: values });
}

export function integer(minimum: number, maximum: number = 2 ** 31 - 1): IntegerShape {
  return { type: 'integer', minimum, maximum };
}

export const boolean: BooleanShape = { type: 'boolean' };

export function list(items: Shape, limits: Partial<Omit<ListShape, 'type' | 'items'>> = {}): ListShape {
  return { type: 'list', items, minItems: 0, maxItems: Number.POSITIVE_INFINITY, ...limits };
}

export function map(values: Shape, limits: Partial<Omit<MapShape, 'type' | 'values'>> = {}): MapShape {
  return { type: 'map', values, maxEntries: Number.POSITIVE_INFINITY, ...limits };
}

export function object(required: Fields, optional: Fields, ...rules: readonly Rule[]): ObjectShape {
  return { type: 'object', required, optional, open: false, rules };
}

/** An object of which only these fields are read. */
export function openObject(required: Fields, optional: Fields, ...rules: readonly Rule[]): ObjectShape {
  return { type: 'object', required, optional, open: true, rules };
}
