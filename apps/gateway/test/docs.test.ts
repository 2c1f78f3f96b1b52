import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sessionReasons } from '@fairlead/wire';
import { describe, expect, it } from 'vitest';
import { sampleView } from '../src/admin/testing/sample-view.ts';
import { check } from '../src/cli/check.ts';
import type { Output } from '../src/cli/command.ts';
import { explain } from '../src/cli/explain.ts';
import { main } from '../src/cli/main.ts';
import { routes } from '../src/cli/routes.ts';
import { runUsage } from '../src/cli/run-options.ts';
import { runCommand } from '../src/cli/testing/run-command.ts';
import { headTimeout, slowBody } from '../src/data/error-answer.ts';
import { failures, upstreamFailure } from '../src/data/errors.ts';
import { notHttp } from '../src/data/fresh-connection.ts';
import { pingTimeout } from '../src/data/http2-connection.ts';
import { proxyRefusals } from '../src/data/proxy-header.ts';
import { counterNames, reasonFamilies } from '../src/observe/metrics.ts';
import { renderMetrics } from '../src/observe/prometheus.ts';
import { parsePrometheus } from '../src/observe/testing/parse-prometheus.ts';
import { defaultSettings } from '../src/settings.ts';

/** The documents say what the program does: each of these fails when one of the two moves without the other. */

const doc = (name: string) => readFileSync(join(import.meta.dirname, '../../../docs', name), 'utf8');

/** Cells of all table rows, without headings. */
function rowsOf(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| ---'));
  return lines.map((line) =>
    line
      .slice(2, line.lastIndexOf('|'))
      .split(' | ')
      .map((cell) => cell.trim()),
  );
}

function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
}

describe('docs/errors.md', () => {
  const documented = new Map(
    rowsOf(doc('errors.md')).flatMap(([codes = '', status = '']) =>
      namesIn(codes).map((code) => [code, status] as const),
    ),
  );
  const known = [...Object.values(failures), ...upstreamCodes.map(upstreamFailure), headTimeout, slowBody];

  it.each(known.map(({ code, status }) => [code, status]))('has %s with %d', (code, status) => {
    expect(documented.get(code)).toBe(status === 0 ? '–' : String(status));
  });
});

describe('docs/errors.md on malformed messages', () => {
  const source = readFileSync(join(import.meta.dirname, '../../../packages/wire/src/http1/wire-error.ts'), 'utf8');
  const [ofRequests] = source.split('// Responses');
  const errors = [...ofRequests!.matchAll(/\[(\d{3}), '(\w+)'/g)];

  it.each(errors.map(([, status, code]) => [code!, status!]))('has %s with %s', (code, status) => {
    expect(rowsOf(doc('errors.md'))).toContainEqual(expect.arrayContaining([`\`${code}\``, status]));
  });
});

describe('docs/errors.md on the PROXY protocol', () => {
  it.each(proxyRefusals)('has %s', (code) => {
    expect(rowsOf(doc('errors.md'))).toContainEqual(expect.arrayContaining([`\`${code}\``, '–']));
  });
});

it('docs/errors.md has what fresh connections are refused for', () => {
  expect(rowsOf(doc('errors.md'))).toContainEqual(expect.arrayContaining([`\`${notHttp}\``, '–']));
});

describe('docs/errors.md on HTTP/2 connections', () => {
  it.each(Object.entries(sessionReasons))('has %s', (reason, meaning) => {
    expect(rowsOf(doc('errors.md'))).toContainEqual([`\`${reason}\``, meaning]);
  });

  it('has the one that is no error of the session', () => {
    expect(rowsOf(doc('errors.md')).map(([reason]) => reason)).toContain(`\`${pingTimeout}\``);
  });
});

const upstreamCodes = [
  ...(['connect_refused', 'connect_timeout', 'connect_failed', 'tls_failed', 'reset', 'closed_early'] as const),
  ...(['bad_response', 'refused_stream', 'overloaded', 'upgrade_unsupported'] as const),
];

describe('docs/metrics.md', () => {
  it('has every metric, and no other', () => {
    const view = sampleView();
    for (const metrics of view.metrics) {
      metrics.exchangeDone(-1, 200, 1, 1, 1, 1);
      metrics.callDone(-1, 0);
      for (const name of counterNames) metrics.count(name);
      for (const family of reasonFamilies) metrics.countReason(family, 'no_route');
    }
    const text = [...renderMetrics(view, { nodeVersion: 'v26', cpuSeconds: 1, residentBytes: 1 })].join('');
    // No listener of the sample has a certificate.
    const rendered = [...parsePrometheus(text).families.keys(), 'fairlead_certificate_expiry_timestamp_seconds'];
    const documented = rowsOf(doc('metrics.md')).flatMap(([names = '']) => namesIn(names));
    expect(documented.sort()).toEqual(rendered.sort());
  });
});

describe('docs/access-log.md', () => {
  it('has every member, and no other', () => {
    const documented = rowsOf(doc('access-log.md')).flatMap(([names = '']) => namesIn(names));
    const source = readFileSync(join(import.meta.dirname, '../src/observe/access-line.ts'), 'utf8');
    const written = new Set([...source.matchAll(/"([a-z_]+(?:\.[a-z_]+)*)":/g)].map((match) => match[1]!));
    expect(documented.sort()).toEqual([...written].sort());
  });
});

describe('docs/cli.md', () => {
  it('has the help of every command', async () => {
    const text = doc('cli.md');
    const helps = await Promise.all([check, routes, explain].map((command) => runCommand(command, ['--help'])));
    const overview = await runCommand((args, output: Output) => main(args, output), ['--help']);
    for (const help of [overview.stdout, runUsage, ...helps.map(({ stdout }) => stdout)]) {
      expect(text).toContain(`\n\`\`\`\n${help}\`\`\`\n`);
    }
  });
});

describe('docs/limits.md', () => {
  const text = doc('limits.md');
  const { downstream, upstream, drain } = defaultSettings;
  const defaultOf = (what: string) => rowsOf(text).find(([name]) => name!.startsWith(what))?.[1];

  it.each([
    ['Head of a request, from', `${downstream.headTimeoutMs / 1_000} s`],
    ['Idle connection', `${downstream.idleTimeoutMs / 1_000} s`],
    [
      `Body, averaged over ${downstream.bodyGraceMs / 1_000} s`,
      `${downstream.minBodyBytesPerSecond} octets per second`,
    ],
    ['Client that takes nothing', `${downstream.writeIdleMs / 1_000} s`],
    ['Request target', `${downstream.maxTargetBytes.toLocaleString('en')} octets`],
    ['Head of a request', `${downstream.headTimeoutMs / 1_000} s`],
    ['Fields in a head', String(downstream.maxFields)],
    ['Connections of one client', downstream.maxConnectionsPerClient.toLocaleString('en')],
    ["Streams of a client's", String(downstream.http2.maxConcurrentStreams)],
    [
      'Fields of a request',
      `${downstream.http2.maxFieldSectionBytes.toLocaleString('en')} octets, ${downstream.maxFields} fields`,
    ],
    [
      'Windows of request bodies',
      `${downstream.http2.streamWindowBytes.toLocaleString('en')} octets per stream, growing to ${downstream.http2.maxStreamWindowBytes.toLocaleString('en')}; ${downstream.http2.connectionWindowBytes.toLocaleString('en')} per connection`,
    ],
    ['Resets soon', `${downstream.http2.maxEarlyResets} in ${downstream.http2.floodWindowMs / 1_000} s`],
    ['SETTINGS, field block', `${downstream.headTimeoutMs / 1_000} s`],
    [
      'Silent client',
      `${downstream.http2.pingIdleMs / 1_000} s, then a PING, to be answered in ${downstream.http2.pingTimeoutMs / 1_000} s`,
    ],
    ['Stream whose answer', `${downstream.writeIdleMs / 1_000} s`],
    ['Connecting', `${upstream.connectTimeoutMs / 1_000} s`],
    ['Idle connections kept', `${upstream.maxIdlePerEndpoint}, for ${upstream.idleTimeoutMs / 1_000} s`],
    ['Streams of one HTTP/2', `${upstream.http2.maxConcurrentStreams}, or what the endpoint allows`],
    [
      'HTTP/2 endpoint that is silent',
      `${upstream.http2.pingIdleMs / 1_000} s, then a PING, to be answered in ${upstream.http2.pingTimeoutMs / 1_000} s`,
    ],
    [
      'Windows of HTTP/2 responses',
      `${upstream.http2.streamWindowBytes.toLocaleString('en')} octets per stream, growing to ${upstream.http2.maxStreamWindowBytes.toLocaleString('en')}; ${upstream.http2.connectionWindowBytes.toLocaleString('en')} per connection`,
    ],
    ['Requests in flight', upstream.maxInFlightPerEndpoint.toLocaleString('en')],
    [
      'Retries',
      `${upstream.retryAttempts}, within a budget of ${upstream.retryBudgetRatio * 100} % of the active requests, at least ${upstream.retryBudgetMinPerSecond} per second`,
    ],
    ['Drain on SIGTERM', `${drain.graceMs / 1_000} s (\`--drain-grace\`)`],
    ['Then for requests in flight', `${drain.deadlineMs / 1_000} s (\`--drain-timeout\`)`],
  ])('has the default of "%s"', (what, value) => {
    expect(defaultOf(what)).toBe(value);
  });

  it('has the frames that a client may send without reason', () => {
    const { maxControlFrames, floodWindowMs } = downstream.http2;
    const most = `${maxControlFrames.toLocaleString('en')} in ${floodWindowMs / 1_000} s`;
    expect(defaultOf('Frames that carry')).toMatch(new RegExp(`^${most},`));
  });

  it('has the size of a head', () => {
    const size = `${downstream.maxHeadBytes.toLocaleString('en')} octets`;
    expect(rowsOf(text)).toContainEqual(['Head of a request', size, '431, close']);
  });
});
