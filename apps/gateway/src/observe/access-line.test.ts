import type { Backend, Rule } from '@fairlead/routing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AccessLineWriter, secondsText } from './access-line.ts';
import type { AccessRecord } from './access-record.ts';
import { jsonText } from './json-text.ts';

const runs = Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 500);
/** PIPE_BUF on Linux. */
const atomicBytes = 4_096;

const rule: Rule = {
  id: 'HTTPRoute/default/shop/0',
  route: { kind: 'HTTPRoute', namespace: 'default', name: 'shop' },
  index: 0,
  name: '',
  filters: [],
  backends: [],
  timeouts: { requestMs: 0, backendRequestMs: 0 },
  retry: null,
  sessionPersistence: null,
  failure: null,
};
const backend: Backend = {
  id: 'default/shop:80',
  service: { namespace: 'default', name: 'shop' },
  port: 80,
  protocol: 'http1',
  tls: null,
  failure: null,
};
const plain: AccessRecord = {
  startedMs: 1_000.25,
  durationMs: 12.5,
  upstreamMs: 10,
  method: 'GET',
  scheme: 'http',
  authority: 'shop.example.com:8080',
  target: '/cart?item=7',
  protocolVersion: '1.1',
  userAgent: 'curl/8',
  clientAddress: '10.1.2.3',
  status: 200,
  requestBytes: 0,
  responseBytes: 1_024,
  listener: 'default/web/http',
  rule,
  backend,
  endpoint: { address: '10.0.0.1', port: 9_101, ready: true, zone: '' },
  tries: 1,
  reason: '',
  requestId: 'abc',
  grpcStatus: -1,
};
const epochMs = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

function parsed(record: AccessRecord): Record<string, unknown> {
  return JSON.parse(new AccessLineWriter().line(record, epochMs));
}

describe('AccessLineWriter', () => {
  it('writes the names of OpenTelemetry', () => {
    expect(parsed(plain)).toEqual({
      time: '2026-01-02T03:04:06.006Z',
      'http.request.method': 'GET',
      'url.scheme': 'http',
      'url.path': '/cart',
      'url.query': 'item=7',
      'fairlead.request_id': 'abc',
      'http.response.status_code': 200,
      'http.request.body.size': 0,
      'http.response.body.size': 1_024,
      'http.server.request.duration': 0.0125,
      'http.client.request.duration': 0.01,
      'server.address': 'shop.example.com',
      'server.port': 8_080,
      'client.address': '10.1.2.3',
      'network.protocol.version': '1.1',
      'user_agent.original': 'curl/8',
      'fairlead.listener': 'default/web/http',
      'fairlead.route': 'HTTPRoute/default/shop',
      'fairlead.rule': '0',
      'fairlead.backend': 'default/shop:80',
      'fairlead.endpoint': '10.0.0.1:9101',
      'fairlead.tries': 1,
    });
  });

  it('names the service and the method of a gRPC call, and its status', () => {
    const rpc = (target: string) =>
      Object.entries(parsed({ ...plain, target, grpcStatus: 14 })).filter(([name]) => name.startsWith('rpc.'));
    const common = [
      ['rpc.system', 'grpc'],
      ['rpc.grpc.status_code', 14],
    ];
    expect(Object.fromEntries(rpc('/shop.v1.Orders/Place'))).toEqual({
      ...{ 'rpc.system': 'grpc', 'rpc.service': 'shop.v1.Orders', 'rpc.method': 'Place', 'rpc.grpc.status_code': 14 },
    });
    for (const target of ['/', '/a', '//a', '/a/b?c', `/${'a'.repeat(300)}/b`]) expect(rpc(target)).toEqual(common);
  });

  it('leaves out what there is not', () => {
    const line = parsed({
      ...plain,
      ...{ authority: '', target: '*', userAgent: '', status: 0, upstreamMs: -1, listener: '', tries: 0 },
      ...{ rule: null, backend: null, endpoint: null, reason: 'client_gone' },
    });
    expect(Object.keys(line).sort()).toEqual([
      ...['client.address', 'fairlead.reason', 'fairlead.request_id', 'fairlead.tries', 'http.request.body.size'],
      ...['http.request.method', 'http.response.body.size', 'http.server.request.duration'],
      ...['network.protocol.version', 'time', 'url.path', 'url.scheme'],
    ]);
    expect(line['fairlead.reason']).toBe('client_gone');
  });

  it('shows IPv6 without brackets, and no port where there is none', () => {
    expect(parsed({ ...plain, authority: '[::1]:80' })).toMatchObject({ 'server.address': '::1', 'server.port': 80 });
    expect(parsed({ ...plain, authority: '[2001:db8::1]' })).toMatchObject({ 'server.address': '2001:db8::1' });
    expect(parsed({ ...plain, authority: '[2001:db8::1]' })).not.toHaveProperty('server.port');
    const endpoint = { address: 'fd00::5', port: 80, ready: true, zone: '' };
    expect(parsed({ ...plain, endpoint })['fairlead.endpoint']).toBe('[fd00::5]:80');
  });

  it('takes what it remembers of a client only while that is still so', () => {
    const writer = new AccessLineWriter();
    const agentOf = (record: AccessRecord) => JSON.parse(writer.line(record, epochMs))['user_agent.original'];
    expect(agentOf(plain)).toBe('curl/8');
    expect(agentOf({ ...plain, userAgent: 'wget' })).toBe('wget');
    expect(agentOf(plain)).toBe('curl/8');
    expect(JSON.parse(writer.line({ ...plain, authority: 'b' }, epochMs))['server.address']).toBe('b');
    const other = { ...rule, route: { ...rule.route, name: 'other' } };
    expect(JSON.parse(writer.line({ ...plain, rule: other }, epochMs))['fairlead.route']).toBe(
      'HTTPRoute/default/other',
    );
  });

  it('is one JSON object of bounded ASCII whatever stands in the fields', () => {
    const octets = fc.string({
      unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
      maxLength: 600,
    });
    const hostile = fc.oneof(
      octets,
      fc.string({ unit: 'binary', maxLength: 300 }),
      octets.map((text) => text.repeat(10)),
      fc.constantFrom('"', '\\', '\\"}\n{"', '\n', '\u2028', 'x'.repeat(10_000), '"'.repeat(10_000), '\ud800'),
    );
    const record = fc.record({
      ...{ method: hostile, authority: hostile, target: hostile, userAgent: hostile, clientAddress: hostile },
      ...{ requestId: hostile, listener: hostile, reason: hostile, name: hostile, id: hostile },
      ...{ status: fc.integer({ min: 0, max: 999 }), durationMs: fc.double({ min: 0, max: 1e9, noNaN: true }) },
      ...{
        requestBytes: fc.maxSafeNat(),
        responseBytes: fc.maxSafeNat(),
        startedMs: fc.double({ min: 0, max: 1e10, noNaN: true }),
        grpcStatus: fc.integer({ min: -1, max: 16 }),
      },
      upstreamMs: fc.double({ min: -1, max: 1e9, noNaN: true }),
    });
    const writer = new AccessLineWriter();
    fc.assert(
      fc.property(record, ({ name, id, ...fields }) => {
        const own = {
          rule: { ...rule, name, route: { kind: 'HTTPRoute' as const, namespace: name, name: id } },
          backend: { ...backend, id },
          endpoint: { address: name, port: 1, ready: true, zone: '' },
        };
        const line = writer.line({ ...plain, ...fields, ...own }, epochMs);
        expect(line).toMatch(/^[ -~]+\n$/);
        expect(line.length).toBeLessThanOrEqual(atomicBytes);
        const read = JSON.parse(line) as Record<string, unknown>;
        expect(read['http.server.request.duration']).toBeCloseTo(fields.durationMs / 1_000, 5);
        expect(read['http.request.body.size']).toBe(fields.requestBytes);
        if (fields.userAgent.length < 40) expect(read['user_agent.original'] ?? '').toBe(fields.userAgent);
      }),
      { numRuns: runs, seed: 11 },
    );
  });
});

describe('jsonText', () => {
  it('never cuts through an escape', () => {
    expect(jsonText('ab"', 3)).toBe('ab');
    expect(jsonText('ab"', 4)).toBe('ab\\"');
    expect(jsonText('é', 5)).toBe('');
    expect(jsonText('é', 6)).toBe('\\u00e9');
  });
});

describe('secondsText', () => {
  it.each([
    [0, '0.000000'],
    [-1, '0.000000'],
    [0.0004, '0.000000'],
    [0.0015, '0.000002'],
    [999.9996, '1.000000'],
    [12_345.678, '12.345678'],
    [86_400_000, '86400.000000'],
  ])('%d ms', (ms, text) => expect(secondsText(ms)).toBe(text));
});
