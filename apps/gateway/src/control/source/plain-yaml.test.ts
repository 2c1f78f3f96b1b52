import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument, stringify } from 'yaml';
import { notPlain, parsePlainYaml } from './plain-yaml.ts';
import { yamlOptions } from './positions.ts';

const runs = Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 3_000);

/** Null where there is an error. */
function readFully(text: string): { readonly value: unknown } | null {
  const document = parseDocument(text, yamlOptions);
  return document.errors.length > 0 ? null : { value: document.toJS() };
}

const manifest = `---
# A route
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: shop   # the shop
  annotations:
    example.com/note: "quoted: \\"yes\\" \\u00e9"
    other: 'it''s'
spec:
  hostnames: ["shop.example.com", '*.shop.example.com']
  parentRefs:
  - name: public
    port: 80
  rules:
    - matches:
        - path: { type: PathPrefix, value: /cart }
          headers: []
      backendRefs:
        -
          name: cart
          port: 8080
          weight: -1
        - {name: cart-next, port: 8080, weight: 0}
      timeouts: {}
      filters:
  enabled: true
  nothing: ~
  address: 127.0.0.1
  text: |
    first
      indented

    last
  stripped: |-
    one
`;

describe('plain YAML', () => {
  it('reads what manifests are made of', () => {
    expect(parsePlainYaml(manifest)).toEqual(readFully(manifest)!.value);
    expect(parsePlainYaml(manifest.replaceAll('\n', '\r\n').split('  text')[0]!)).toMatchObject({
      kind: 'HTTPRoute',
    });
  });

  it.each(['', '\n', '# nothing\n', '---\n', '--- # nothing\n\n'])('reads %j as nothing', (text) => {
    expect(parsePlainYaml(text)).toBeNull();
  });

  it.each([
    'a: &anchor 1',
    'a: *alias',
    'a: !tag b',
    'a: >\n  folded',
    'a: |2\n  text',
    'a: "two\n  lines"',
    'a: one\n  two',
    '"quoted": key',
    'a: [1,\n 2]',
    '? a\n: b',
    '<<: {a: 1}',
    'a: 0x10',
    'a: 1.5',
    'a: 1e3',
    'yes: 1',
    'a: yes',
    'a: 1\na: 2',
    'a:\n\tb: 1',
    'a: b: c',
    '- a',
    'a',
    '%YAML 1.2\n---\na: 1',
    '__proto__: {}',
  ])('leaves %j to the full parser', (text) => {
    expect(parsePlainYaml(text)).toBe(notPlain);
  });

  it('reads every document it reads as the full parser does', () => {
    let read = 0;
    const property = fc.property(documents, (text) => {
      const value = parsePlainYaml(text);
      if (value === notPlain) return;
      read++;
      expect({ value }).toEqual(readFully(text));
    });
    fc.assert(property, { numRuns: runs, seed: 7 });
    expect(read, 'the generator makes documents that are read').toBeGreaterThan(runs / 10);
  });

  it('reads a manifest with typing errors as the full parser does, or leaves it', () => {
    const edit = fc.tuple(
      fc.nat(manifest.length),
      fc.nat(3),
      fc.constantFrom(
        ...['', ' ', '  ', '\n', '-', ':', '#', '"', "'", '|', '{', '}', '[', ']', ',', '\t', 'x', '1', ': ', '- '],
      ),
    );
    const property = fc.property(fc.array(edit, { minLength: 1, maxLength: 2 }), (edits) => {
      const text = edits.reduce(
        (before, [at, cut, put]) => before.slice(0, at) + put + before.slice(at + cut),
        manifest,
      );
      const value = parsePlainYaml(text);
      if (value !== notPlain) expect({ value }).toEqual(readFully(text));
    });
    fc.assert(property, { numRuns: runs / 10, seed: 7 });
  });

  it('reads whatever is written in block style from JSON data, or leaves it', () => {
    const property = fc.property(fc.dictionary(word, fc.jsonValue({ maxDepth: 3 })), (data) => {
      const text = stringify(data, { lineWidth: 0 });
      const value = parsePlainYaml(text);
      if (value !== notPlain) expect({ value }).toEqual(readFully(text));
    });
    fc.assert(property, { numRuns: runs / 10, seed: 7 });
  });
});

const word = fc.constantFrom('a', 'b', 'name', 'x.y/z', 'k-1', '_c', 'null', 'No', '1', '-', '.dot', 'tls.crt');

const scalar = fc.constantFrom(
  ...[
    'x',
    'a b',
    '1',
    '-1',
    '007',
    '1.5',
    'true',
    'True',
    'null',
    '~',
    '',
    '"q"',
    "'q'",
    '"a\\nb"',
    "'it''s'",
    '"open',
    "'open",
  ],
  ...[
    'a: b',
    'a:',
    'a#b',
    'a #b',
    '#c',
    '# c',
    '-',
    '- a',
    '-a',
    '?',
    ':',
    ': a',
    '[a, b]',
    '{ a: 1 }',
    '{a: 1, b: [x, "y"]}',
    '{a}',
    '[',
    ']',
  ],
  ...[
    '{ }',
    '[ ]',
    '[a,]',
    '[,]',
    '{a: }',
    '{a: b: c}',
    '[a: b]',
    '[1 #c]',
    '["a" b]',
    '"a" b',
    '"a" # c',
    '"a"#c',
    '[a]b',
    '{"a": 1}',
    '[-]',
    '[- a]',
    '[--]',
  ],
  ...[
    '|',
    '|-',
    '|+',
    '>',
    '| # c',
    '&a',
    '*a',
    '!t',
    '%',
    '@',
    '`',
    'a\tb',
    'é',
    '127.0.0.1',
    '10s',
    '0',
    '-0',
    '+1',
    '0o7',
    '0x1',
    '.inf',
    '2024-01-01',
    '1_000',
  ],
  ...[
    '9007199254740993',
    '1234567890123456',
    'http://x/y',
    'a, b',
    'a]',
    'a}',
    "it's",
    'a"b',
    '--',
    '---',
    '...',
    '<<',
    '=',
    'y',
    '-.5',
    '.5',
    '5.',
    '[.5, 5., 1e1]',
  ],
);

/** Lines that make sense more often than not. */
const line = fc
  .tuple(
    fc.constantFrom('', '', '  ', '  ', '    ', '      ', ' ', '   '),
    fc.constantFrom('', '', '', '', '- ', '- ', '-   ', '-', '- - '),
    fc.oneof(
      { weight: 6, arbitrary: fc.tuple(word, fc.constantFrom(': ', ':', ':  ', ' : ')).map((parts) => parts.join('')) },
      { weight: 1, arbitrary: fc.constant('') },
    ),
    fc.oneof({ weight: 3, arbitrary: fc.constant('') }, { weight: 5, arbitrary: scalar }),
    fc.constantFrom('', '', '', '', ' ', ' # comment', '#no', '\r'),
  )
  .map((parts) => parts.join(''));

const documents = fc
  .tuple(fc.array(line, { maxLength: 7 }), fc.constantFrom('\n', '', '\n\n', '\n# end\n'))
  .map(([lines, end]) => lines.join('\n') + end);
