import type { Field } from '@fairlead/message';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testField } from '../match.cases.ts';
import type { HeaderEdits } from '../table.ts';
import { applyEdits, prepareEdits } from './header-edits.ts';

type Pair = readonly [name: string, value: string];

function apply(edits: Partial<HeaderEdits>, fields: readonly Pair[]): Pair[] {
  const prepared = prepareEdits({ type: 'requestHeaderModifier', set: [], add: [], remove: [], ...edits });
  return toPairs(
    applyEdits(
      prepared,
      fields.map(([name, value]) => testField(name, value)),
    ),
  );
}

function toPairs(fields: readonly Field[]): Pair[] {
  return fields.map((field) => [field.name.name, field.value]);
}

describe('applyEdits', () => {
  it('sets: one value whatever there was', () => {
    const set = [{ name: 'my-header', value: 'bar' }];
    expect(apply({ set }, [['my-header', 'foo']])).toEqual([['my-header', 'bar']]);
    expect(
      apply({ set }, [
        ['a', '1'],
        ['my-header', 'x'],
        ['my-header', 'y'],
      ]),
    ).toEqual([
      ['a', '1'],
      ['my-header', 'bar'],
    ]);
    expect(apply({ set }, [])).toEqual([['my-header', 'bar']]);
  });

  it('adds: appends to the value that is there', () => {
    const add = [{ name: 'my-header', value: 'bar,baz' }];
    expect(apply({ add }, [['my-header', 'foo']])).toEqual([['my-header', 'foo,bar,baz']]);
    expect(
      apply({ add }, [
        ['my-header', 'x'],
        ['a', '1'],
        ['my-header', 'y'],
        ['b', '2'],
      ]),
    ).toEqual([
      ['my-header', 'x'],
      ['a', '1'],
      ['my-header', 'y,bar,baz'],
      ['b', '2'],
    ]);
    expect(apply({ add }, [['my-header', '']])).toEqual([['my-header', 'bar,baz']]);
    expect(apply({ add }, [])).toEqual([['my-header', 'bar,baz']]);
  });

  it('adds Set-Cookie as a line of its own and parts cookies by semicolon', () => {
    const add = [
      { name: 'set-cookie', value: 'b=2' },
      { name: 'cookie', value: 'd=4' },
    ];
    expect(
      apply({ add }, [
        ['set-cookie', 'a=1'],
        ['cookie', 'c=3'],
      ]),
    ).toEqual([
      ['set-cookie', 'a=1'],
      ['cookie', 'c=3; d=4'],
      ['set-cookie', 'b=2'],
    ]);
  });

  it('removes all lines of a name', () => {
    expect(
      apply({ remove: ['a', 'c'] }, [
        ['a', '1'],
        ['b', '2'],
        ['a', '3'],
      ]),
    ).toEqual([['b', '2']]);
  });

  it('hands back the same array when there is nothing to do, and never changes the one it was given', () => {
    const prepared = prepareEdits({ type: 'responseHeaderModifier', set: [], add: [], remove: ['x'] });
    const fields = [testField('a', '1')];
    expect(applyEdits(prepared, fields)).toBe(fields);
    const adding = prepareEdits({
      type: 'responseHeaderModifier',
      set: [],
      add: [{ name: 'a', value: '2' }],
      remove: [],
    });
    expect(toPairs(applyEdits(adding, fields))).toEqual([['a', '1,2']]);
    expect(toPairs(fields)).toEqual([['a', '1']]);
  });

  it('shares the fields it sets between messages, so that their line is written once', () => {
    const prepared = prepareEdits({
      type: 'responseHeaderModifier',
      set: [{ name: 'a', value: '1' }],
      add: [],
      remove: [],
    });
    expect(applyEdits(prepared, [])[0]).toBe(applyEdits(prepared, [])[0]);
  });

  it('agrees with a model on values by name', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd');
    const value = fc.constantFrom('1', '2', '3');
    const pair = fc.record({ name, value });
    const edits = fc.record({ set: unique(pair), add: unique(pair), remove: fc.uniqueArray(name) });
    fc.assert(
      fc.property(edits, fc.array(fc.tuple(name, value)), (filter, fields) => {
        expect(byName(apply(filter, fields))).toEqual(model(filter, byName(fields)));
      }),
      { numRuns: Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 300) },
    );
  });
});

function unique<T extends { name: string }>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.uniqueArray(arbitrary, { selector: ({ name }) => name });
}

/** Values as a recipient combines them. */
type Model = Record<string, string>;

function byName(fields: readonly Pair[]): Model {
  const values: Model = {};
  for (const [name, value] of fields) values[name] = name in values ? `${values[name]},${value}` : value;
  return values;
}

function model({ set, add, remove }: HeaderEdits, before: Model): Model {
  const values = { ...before };
  for (const name of remove) delete values[name];
  for (const { name, value } of set) values[name] = value;
  for (const { name, value } of add) values[name] = name in values ? `${values[name]},${value}` : value;
  return values;
}
