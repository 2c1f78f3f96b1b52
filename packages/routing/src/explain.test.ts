import { describe, expect, it } from 'vitest';
import { type ExplainedRequest, type Explanation, explainMatch } from './explain.ts';
import { describeFilter, formatExplanation } from './explain-text.ts';
import { entry, hostTable, is, like, listener, tableOf, testField } from './match.cases.ts';
import type { Bind, MatchEntry, RouteTable, Rule } from './table.ts';

function ruleOf(id: string, more: Partial<Rule> = {}): Rule {
  return {
    id,
    route: { kind: 'HTTPRoute', namespace: 'default', name: id },
    index: 0,
    name: '',
    filters: [],
    backends: [{ backend: `default/${id}:80`, weight: 1, filters: [] }],
    timeouts: { requestMs: 0, backendRequestMs: 0 },
    retry: null,
    sessionPersistence: null,
    failure: null,
    ...more,
  };
}

const bind: Bind = {
  key: '127.0.0.1:80',
  address: '127.0.0.1',
  port: 80,
  secure: false,
  clientPolicy: null,
  listeners: [
    {
      id: listener,
      gateway: { namespace: 'default', name: 'gateway' },
      name: 'test',
      port: 80,
      hostname: '*.test',
      tls: null,
      clientPolicy: null,
    },
  ],
};

const shop = ruleOf('shop', {
  name: 'checkout',
  filters: [
    { type: 'urlRewrite', hostname: 'inner.test', path: { type: 'replacePrefix', value: '' } },
    {
      type: 'requestHeaderModifier',
      set: [{ name: 'a', value: '1' }],
      add: [{ name: 'b', value: '2' }],
      remove: ['c'],
    },
  ],
  backends: [
    { backend: 'default/v1:80', weight: 3, filters: [] },
    {
      backend: null,
      weight: 1,
      filters: [{ type: 'requestMirror', backend: 'default/m:80', numerator: 1, denominator: 10 }],
    },
  ],
});

function tableWith(entries: readonly MatchEntry[], rules: readonly Rule[]): RouteTable {
  const hosts = tableOf([hostTable('a.test', entries), hostTable('', [entry('/', 'fallback')])]);
  return { ...hosts, rules: new Map([...rules, ruleOf('fallback')].map((rule) => [rule.id, rule])) };
}

const table = tableWith(
  [
    entry('= /shop/x', 'exact'),
    entry('/shop', 'canary', { method: 'GET', headers: [is('version', '2'), like('user', 'a.*')] }),
    entry('/shop', 'post', { method: 'POST' }),
    entry('/shop', 'query', { query: [is('debug', '1')] }),
    entry('/shop', 'shop'),
    entry('/', 'later'),
  ],
  [shop, ruleOf('later')],
);

function ask(request: Partial<ExplainedRequest>): Explanation {
  return explainMatch(table, bind, { method: 'GET', host: 'a.test', target: '/', fields: [], ...request });
}

describe('explainMatch', () => {
  it('tells the match, and of rules that stood before it the first condition that failed, closest first', () => {
    const explanation = ask({ target: '/%73hop/b?debug=0', fields: [testField('version', '2')] });
    expect(explanation).toMatchObject({ outcome: 'matched', path: '/shop/b', query: 'debug=0', listener, lostMore: 0 });
    expect(explanation.match).toMatchObject({
      rule: 'shop',
      ruleName: 'checkout',
      hostname: 'a.test',
      conditions: 'path under /shop',
    });
    expect(explanation.match?.backends.map(({ backend, share }) => [backend, share])).toEqual([
      ['default/v1:80', 0.75],
      [null, 0.25],
    ]);
    expect(explanation.lost.map(({ rule, because }) => [rule, because])).toEqual([
      ['query', 'query debug is "0", not "1"'],
      ['canary', 'header user is absent, does not match "a.*"'],
      ['post', 'method is GET'],
      ['exact', 'path is /shop/b'],
    ]);
  });

  it('writes it as text', () => {
    expect(formatExplanation(ask({ target: '/shop?q' }))).toMatchInlineSnapshot(`
      "GET a.test/shop?q
        listener  default/gateway/test
        route     HTTPRoute default/shop
        rule      shop "checkout"
        match     host a.test, path under /shop
        filter    rewrite host inner.test prefix /
        filter    request headers: remove c, set a, add b
        backend   default/v1:80, weight 3 (75 %)
        backend   invalid reference: 500, weight 1 (25 %)
          filter  mirror 1/10 to default/m:80
        lost
          query (path under /shop, query debug = "1"): query debug is absent, not "1"
          canary (path under /shop, method GET, header version = "2", header user ~ "a.*"): header version is absent, not "2"
          post (path under /shop, method POST): method is GET
          exact (path = /shop/x): path is /shop"
    `);
  });

  it('falls through to less specific hosts', () => {
    const explanation = explainMatch(tableWith([entry('/x', 'x')], []), bind, {
      method: 'GET',
      host: 'a.test',
      target: '/y',
      fields: [],
    });
    expect(explanation.match).toMatchObject({ rule: 'fallback', hostname: '' });
    expect(explanation.lost).toMatchObject([{ rule: 'x', hostname: 'a.test' }]);
  });

  it('names a rule once, and not the one that won', () => {
    const twice = tableWith(
      [entry('= /z', 'won'), entry('= /x', 'lost'), entry('/', 'lost', { method: 'PUT' }), entry('/', 'won')],
      [ruleOf('won')],
    );
    const { lost } = explainMatch(twice, bind, { method: 'GET', host: 'a.test', target: '/', fields: [] });
    expect(lost.map(({ rule, because }) => [rule, because])).toEqual([['lost', 'method is GET']]);
  });

  it('tells of twenty lost rules at most', () => {
    const many = tableWith(
      Array.from({ length: 25 }, (_, i) => entry(`= /${i}`, `r${i}`)),
      [],
    );
    const explanation = explainMatch(many, bind, { method: 'GET', host: 'a.test', target: '/x', fields: [] });
    expect([explanation.lost.length, explanation.lostMore]).toEqual([20, 5]);
    expect(formatExplanation(explanation)).toContain('    and 5 more');
  });

  it('says when nothing matches, and what comes closest', () => {
    const none = { ...table, hosts: tableOf([hostTable('a.test', [entry('/x', 'x')])]).hosts };
    const explanation = explainMatch(none, bind, { method: 'GET', host: 'a.test', target: '/y', fields: [] });
    expect(explanation).toMatchObject({
      outcome: 'no_route',
      match: null,
      lost: [{ rule: 'x', because: 'path is /y' }],
    });
    expect(formatExplanation(explanation)).toContain('404, no rule matches');
  });

  it('says when no listener takes the host', () => {
    expect(formatExplanation(ask({ host: 'other' }))).toBe('GET other/\n  answer    404, no listener for this host');
    expect(ask({ host: '' }).outcome).toBe('no_listener');
  });

  it('says when the path is refused', () => {
    const request = { method: 'GET', host: 'a.test', target: '/a%2fb', fields: [] };
    expect(explainMatch(table, bind, request)).toMatchObject({ outcome: 'bad_path', path: '/a%2fb' });
    expect(explainMatch(table, bind, request, 'keep')).toMatchObject({ outcome: 'matched', path: '/a%2Fb' });
    expect(ask({ target: '/../x?y' })).toMatchObject({ outcome: 'bad_path', path: '/../x', query: 'y' });
  });

  it('shows the answer of a rule that can only fail', () => {
    const failing = ruleOf('bad', { backends: [], failure: { status: 500, reason: 'no_backends' } });
    const explanation = explainMatch(tableWith([entry('/', 'bad')], [failing]), bind, {
      method: 'GET',
      host: 'a.test',
      target: '/',
      fields: [],
    });
    expect(formatExplanation(explanation)).toContain('  answer    500, no_backends');
  });

  it('survives JSON', () => {
    const explanation = ask({ target: '/shop' });
    expect(JSON.parse(JSON.stringify(explanation))).toEqual(explanation);
  });
});

describe('describeFilter', () => {
  it.each([
    [
      {
        type: 'requestRedirect',
        status: 301,
        scheme: 'https',
        hostname: 'h.test',
        port: 8443,
        path: { type: 'replaceFull', value: '/x' },
      },
      'redirect 301 scheme https host h.test port 8443 path /x',
    ],
    [{ type: 'requestRedirect', status: 302, scheme: '', hostname: '', port: 0, path: null }, 'redirect 302'],
    [{ type: 'urlRewrite', hostname: '', path: { type: 'replacePrefix', value: '/y' } }, 'rewrite prefix /y'],
    [{ type: 'responseHeaderModifier', set: [], add: [], remove: ['server'] }, 'response headers: remove server'],
    [
      {
        type: 'cors',
        allowOrigins: ['*'],
        allowMethods: [],
        allowHeaders: [],
        exposeHeaders: [],
        allowCredentials: false,
        maxAgeSeconds: 5,
      },
      'cors for *',
    ],
  ] as const)('%j: %s', (filter, want) => {
    expect(describeFilter(filter)).toBe(want);
  });
});
