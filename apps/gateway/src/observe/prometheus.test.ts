import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { sampleView } from '../admin/testing/sample-view.ts';
import { renderMetrics } from './prometheus.ts';
import { PrometheusText } from './prometheus-text.ts';
import { parsePrometheus } from './testing/parse-prometheus.ts';

const facts = { nodeVersion: 'v26.0.0', cpuSeconds: 1.5, residentBytes: 1e8 };
const cart = { kind: 'HTTPRoute', namespace: 'default', route: 'shop', rule: '0', rule_name: 'cart' };

function busyView() {
  const view = sampleView();
  const slot = view.ruleSlot('HTTPRoute/default/shop/0');
  for (const metrics of view.metrics) {
    for (let i = 0; i < 10; i++) metrics.exchangeDone(slot, 200, 3, 2, 5, 100);
    metrics.exchangeDone(slot, 503, 40_000, -1, 0, 0);
    metrics.exchangeDone(-1, 404, 0.2, -1, 0, 20);
    metrics.callDone(slot, 14);
    metrics.count('connectionsOpen', 4);
    metrics.countReason('requestFailures', 'no_route');
  }
  view.serve('127.0.0.1:9101', 8, 4, false);
  view.serve('127.0.0.2:9101', 5, 1, true);
  return view;
}

describe('renderMetrics', () => {
  const read = (view = busyView()) => parsePrometheus([...renderMetrics(view, facts)].join(''));

  it('sums the workers, by rule and status class', () => {
    const { value } = read();
    expect(value('fairlead_requests_total', { ...cart, status: '2xx' })).toBe(20);
    expect(value('fairlead_requests_total', { ...cart, status: '5xx' })).toBe(2);
    const none = { kind: '', namespace: '', route: '', rule: '', rule_name: '' };
    expect(value('fairlead_requests_total', { ...none, status: '4xx' })).toBe(2);
    expect(value('fairlead_response_bytes_total', cart)).toBe(2_000);
    expect(value('fairlead_grpc_calls_total', { ...cart, grpc_status: '14' })).toBe(2);
    expect(value('fairlead_connections_open')).toBe(8);
    expect(value('fairlead_request_failures_total', { reason: 'no_route' })).toBe(2);
  });

  it('has histograms in seconds whose buckets are cumulative', () => {
    const { value } = read();
    const bucket = (le: string) => value('fairlead_request_duration_seconds_bucket', { ...cart, le });
    expect([bucket('0.0025'), bucket('0.005'), bucket('30'), bucket('+Inf')]).toEqual([0, 20, 20, 22]);
    expect(value('fairlead_request_duration_seconds_count', cart)).toBe(22);
    expect(value('fairlead_request_duration_seconds_sum', cart)).toBeCloseTo(80.06);
    expect(value('fairlead_upstream_duration_seconds_count', cart)).toBe(20);
  });

  it('leaves out rules that had no request', () => {
    const { samples } = read();
    const rules = samples
      .filter(({ name }) => name === 'fairlead_response_bytes_total')
      .map(({ labels }) => labels.rule_name);
    expect(rules).toEqual(['', 'cart']);
  });

  it('shows endpoints by address and port, whatever backends they stand behind', () => {
    const { value } = read();
    expect(value('fairlead_endpoint_requests_total', { endpoint: '127.0.0.1:9101' })).toBe(8);
    expect(value('fairlead_endpoint_latency_seconds', { endpoint: '127.0.0.1:9101' })).toBeCloseTo(0.004);
    expect(value('fairlead_endpoint_failures_total', { endpoint: '127.0.0.2:9101' })).toBe(5);
    expect(value('fairlead_endpoint_ejections_total', { endpoint: '127.0.0.2:9101' })).toBe(1);
    expect(value('fairlead_endpoint_ejected', { endpoint: '127.0.0.2:9101' })).toBe(1);
    const backend = { namespace: 'default', service: 'cart', port: '80' };
    expect(value('fairlead_backend_endpoints', { ...backend, state: 'ready' })).toBe(2);
    expect(value('fairlead_backend_endpoints', { ...backend, state: 'unready' })).toBe(1);
  });

  it('shows the configuration, its listeners and the process', () => {
    const view = busyView();
    view.binds.set('127.0.0.1:8081', 'EADDRINUSE');
    view.notReady = ['draining'];
    const { value } = read(view);
    const listener = (name: string, port: string) =>
      value('fairlead_listener_up', { namespace: 'infra', gateway: 'web', listener: name, address: '127.0.0.1', port });
    expect([listener('shop', '8080'), listener('internal', '8081')]).toEqual([1, 0]);
    expect(value('fairlead_build_info', { version: '1.2.3', node: 'v26.0.0' })).toBe(1);
    expect(value('fairlead_ready')).toBe(0);
    expect(value('fairlead_config_version')).toBe(7);
    expect(value('fairlead_config_last_update_success')).toBe(1);
    expect(value('fairlead_config_last_update_timestamp_seconds')).toBe(1_700_000_001.5);
    expect(value('fairlead_workers_lost_total')).toBe(1);
    expect(value('process_resident_memory_bytes')).toBe(1e8);
  });

  it('follows the conventions: one family in one piece, named by unit, counters end in _total', () => {
    const { families } = read();
    for (const { name, type, help } of families.values()) {
      expect(name).toMatch(/^(fairlead|process)_[a-z0-9_]+$/);
      expect(help).toMatch(/^\S.*\.$/);
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      expect(name, name).not.toMatch(/_ms|millis|_minutes/);
    }
  });

  it('passes promtool where that is installed', ({ skip }) => {
    const { error, status, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: [...renderMetrics(busyView(), facts)].join(''),
      encoding: 'utf8',
    });
    if (error !== undefined) skip('promtool is not installed');
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});

describe('PrometheusText', () => {
  it('escapes label values and help, and leaves empty families out', () => {
    const text = new PrometheusText();
    text.family('unused', 'gauge', 'Nothing.');
    text.family('a', 'gauge', 'Line\nand \\.');
    text.sample(Number.POSITIVE_INFINITY, { path: '"\\\n' });
    const shown = text.take();
    expect(shown).toBe('# HELP a Line\\nand \\\\.\n# TYPE a gauge\na{path="\\"\\\\\\n"} +Inf\n');
    expect(parsePrometheus(shown).samples).toEqual([
      { name: 'a', labels: { path: '"\\\n' }, value: Number.POSITIVE_INFINITY },
    ]);
  });
});
