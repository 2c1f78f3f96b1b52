import { Field, internName } from '@fairlead/message';
import { emptyTable } from './diff.ts';
import type { RequestView } from './match.ts';
import type { HostTable, MatchEntry, RouteTable, ValueMatch } from './table.ts';

/** What every matcher must answer. `want` is the rule of the entry, null for none. */
export interface MatchCase {
  readonly name: string;
  /** Hostname to entries; the listener is `test`. */
  readonly hosts: Readonly<Record<string, readonly MatchEntry[]>>;
  readonly requests: readonly (readonly [request: TestRequest, want: string | null])[];
}

export interface TestRequest {
  readonly host?: string;
  readonly method?: string;
  /** With query. */
  readonly target: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

export const listener = 'default/gateway/test';

export function entry(path: string, rule: string, conditions: Partial<MatchEntry> = {}): MatchEntry {
  return { path: toPath(path), method: '', headers: [], query: [], rule, ...conditions };
}

/** `= /exact`, `~ regex`, or a prefix. */
function toPath(text: string): MatchEntry['path'] {
  if (text.startsWith('= ')) return { type: 'exact', value: text.slice(2) };
  if (text.startsWith('~ ')) return { type: 'regex', value: text.slice(2) };
  return { type: 'prefix', value: text === '/' ? '' : text };
}

export function is(name: string, value: string): ValueMatch {
  return { name, type: 'exact', value };
}

export function like(name: string, value: string): ValueMatch {
  return { name, type: 'regex', value };
}

export function hostTable(hostname: string, entries: readonly MatchEntry[]): HostTable {
  return { key: `${listener} ${hostname}`, listener, hostname, entries };
}

export function tableOf(hosts: readonly HostTable[]): RouteTable {
  return { ...emptyTable, hosts: new Map(hosts.map((host) => [host.key, host])) };
}

export function testField(name: string, value: string): Field {
  return new Field(internName(name), value);
}

export function viewOf({ method = 'GET', target, headers = [] }: TestRequest): RequestView {
  const [path, query = ''] = target.split('?', 2) as [string, string?];
  return { method, path, query, fields: headers.map(([name, value]) => testField(name, value)) };
}

const hasTenant = (value: string): Partial<MatchEntry> => ({ headers: [is('tenant', value)] });

export const matchCases: readonly MatchCase[] = [
  {
    name: 'exact path, without and with trailing slash',
    hosts: { '': [entry('= /a', 'a'), entry('= /a/', 'slash')] },
    requests: [
      [{ target: '/a' }, 'a'],
      [{ target: '/a/' }, 'slash'],
      [{ target: '/A' }, null],
      [{ target: '/a/b' }, null],
      [{ target: '/' }, null],
    ],
  },
  {
    name: 'prefix by whole elements',
    hosts: { '': [entry('/a/b', 'ab'), entry('/a', 'a')] },
    requests: [
      [{ target: '/a' }, 'a'],
      [{ target: '/a/' }, 'a'],
      [{ target: '/a/b' }, 'ab'],
      [{ target: '/a/b/c' }, 'ab'],
      [{ target: '/a/bc' }, 'a'],
      [{ target: '/ab' }, null],
      [{ target: '/b/a' }, null],
    ],
  },
  {
    name: 'prefix / matches everything, also the root',
    hosts: { '': [entry('/', 'all')] },
    requests: [
      [{ target: '/' }, 'all'],
      [{ target: '/x/y?z' }, 'all'],
      [{ target: '*', method: 'OPTIONS' }, 'all'],
    ],
  },
  {
    name: 'exact goes before prefix, longer before shorter, conditions fall through to shorter prefixes',
    hosts: {
      '': [
        entry('= /a/b', 'exact', { method: 'POST' }),
        entry('/a/b', 'long', hasTenant('x')),
        entry('/a', 'short', { method: 'GET' }),
        entry('/', 'root'),
      ],
    },
    requests: [
      [{ target: '/a/b', method: 'POST' }, 'exact'],
      [{ target: '/a/b', headers: [['tenant', 'x']] }, 'long'],
      [{ target: '/a/b' }, 'short'],
      [{ target: '/a/b', method: 'PUT' }, 'root'],
    ],
  },
  {
    name: 'method, headers and query all have to hold; more conditions stand first',
    hosts: {
      '': [
        entry('/', 'method', { method: 'GET', headers: [is('a', '1')] }),
        entry('/', 'headers', { headers: [is('a', '1'), is('b', '2')] }),
        entry('/', 'header', { headers: [is('a', '1')] }),
        entry('/', 'query', { query: [is('q', '1')] }),
      ],
    },
    requests: [
      [{ target: '/', headers: [['a', '1']] }, 'method'],
      [
        {
          target: '/',
          method: 'PUT',
          headers: [
            ['a', '1'],
            ['b', '2'],
          ],
        },
        'headers',
      ],
      [
        {
          target: '/',
          method: 'PUT',
          headers: [
            ['a', '1'],
            ['b', '3'],
          ],
        },
        'header',
      ],
      [{ target: '/?q=1', method: 'PUT' }, 'query'],
      [{ target: '/?q=2' }, null],
      [{ target: '/', headers: [['a', '2']] }, null],
    ],
  },
  {
    name: 'equal entries: the first',
    hosts: { '': [entry('/', 'first'), entry('/', 'second')] },
    requests: [[{ target: '/' }, 'first']],
  },
  {
    name: 'a repeated header is one value joined by comma and space',
    hosts: { '': [entry('/', 'joined', hasTenant('x, y')), entry('/', 'single', hasTenant('x'))] },
    requests: [
      [
        {
          target: '/',
          headers: [
            ['tenant', 'x'],
            ['other', 'z'],
            ['tenant', 'y'],
          ],
        },
        'joined',
      ],
      [
        {
          target: '/',
          headers: [
            ['tenant', 'x'],
            ['tenant', 'x'],
          ],
        },
        null,
      ],
      [{ target: '/', headers: [['tenant', 'x']] }, 'single'],
      [{ target: '/', headers: [['tenant', 'X']] }, null],
    ],
  },
  {
    name: 'header Host is the host without port',
    hosts: { '': [entry('/', 'host', { headers: [is('host', 'a.test')] })] },
    requests: [
      [{ host: 'a.test', target: '/' }, 'host'],
      [{ host: 'b.test', target: '/' }, null],
    ],
  },
  {
    name: 'query parameters: first value, names case-sensitive, decoded like a form',
    hosts: {
      '': [
        entry('/', 'space', { query: [is('q', 'a b')] }),
        entry('/', 'empty', { query: [is('e', '')] }),
        entry('/', 'accent', { query: [is('q', 'é')] }),
        entry('/', 'proto', { query: [is('__proto__', '1')] }),
      ],
    },
    requests: [
      [{ target: '/?q=a+b' }, 'space'],
      [{ target: '/?q=a%20b&q=x' }, 'space'],
      [{ target: '/?%71=a%20b' }, 'space'],
      [{ target: '/?q=x&q=a+b' }, null],
      [{ target: '/?Q=a+b' }, null],
      [{ target: '/?e' }, 'empty'],
      [{ target: '/?&&e=&' }, 'empty'],
      [{ target: '/?q=%C3%A9' }, 'accent'],
      [{ target: '/?q=%C3' }, null],
      [{ target: '/?__proto__=1' }, 'proto'],
      [{ target: '/?constructor=1' }, null],
    ],
  },
  {
    name: 'regular expressions match the whole path or value',
    hosts: {
      '': [
        entry('= /api/v1/x', 'exact'),
        entry('~ /api/v[0-9]+/.*', 'regex'),
        entry('~ /left|/right/[a-z]+', 'either'),
        entry('~ (?i)/CASE', 'case'),
        entry('~ /dir/x?y', 'optional'),
        entry('/api', 'prefix'),
        entry('/', 'header', { headers: [like('agent', 'curl/.*')] }),
        entry('/', 'query', { query: [like('id', '[0-9]+')] }),
      ],
    },
    requests: [
      [{ target: '/api/v1/x' }, 'exact'],
      [{ target: '/api/v12/y' }, 'regex'],
      [{ target: '/api/vx/y' }, 'prefix'],
      [{ target: '/left' }, 'either'],
      [{ target: '/right/abc' }, 'either'],
      [{ target: '/right/' }, null],
      [{ target: '/left/x' }, null],
      [{ target: '/case' }, 'case'],
      [{ target: '/dir/y' }, 'optional'],
      [{ target: '/', headers: [['agent', 'curl/8']] }, 'header'],
      [{ target: '/', headers: [['agent', 'not curl/8']] }, null],
      [{ target: '/?id=12' }, 'query'],
      [{ target: '/?id=12a' }, null],
    ],
  },
  {
    name: 'order of the table rules where paths of different types overlap',
    hosts: { '': [entry('/a', 'prefix', { method: 'GET' }), entry('~ /a/.+', 'regex'), entry('= /a/b', 'late')] },
    requests: [
      [{ target: '/a/b' }, 'prefix'],
      [{ target: '/a/b', method: 'PUT' }, 'regex'],
    ],
  },
  {
    name: 'hosts from exact over the longest wildcard to any, with fall-through',
    hosts: {
      'a.b.example.com': [entry('/exact', 'exact')],
      '*.b.example.com': [entry('/long', 'long'), entry('/exact', 'long')],
      '*.example.com': [entry('/', 'short', { method: 'GET' })],
      '': [entry('/', 'any')],
    },
    requests: [
      [{ host: 'a.b.example.com', target: '/exact' }, 'exact'],
      [{ host: 'a.b.example.com', target: '/long' }, 'long'],
      [{ host: 'a.b.example.com', target: '/' }, 'short'],
      [{ host: 'a.b.example.com', target: '/', method: 'PUT' }, 'any'],
      [{ host: 'x.y.b.example.com', target: '/exact' }, 'long'],
      [{ host: 'b.example.com', target: '/exact' }, 'short'],
      [{ host: 'example.com', target: '/' }, 'any'],
      [{ host: 'notexample.com', target: '/' }, 'any'],
      [{ host: '', target: '/' }, 'any'],
      [{ host: '.example.com', target: '/' }, 'any'],
    ],
  },
  {
    name: 'no table for the host',
    hosts: { 'a.test': [entry('/', 'a')] },
    requests: [[{ host: 'b.test', target: '/' }, null]],
  },
];
