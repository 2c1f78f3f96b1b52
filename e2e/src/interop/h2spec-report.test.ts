import { describe, expect, it } from 'vitest';
import { readH2specReport } from './h2spec-report.ts';

const report = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="3.1. DATA" package="generic/3.1" id="3.1" tests="3" skipped="1" failures="0" errors="1">
    <testcase package="generic/3.1" classname="Sends a &#34;DATA&#34; frame" time="0.0020"></testcase>
    <testcase package="generic/3.1" classname="Sends HEADERS frames beyond the limit" time="0.0005">
      <skipped></skipped>
    </testcase>
    <testcase package="http2/6.7" classname="Sends a PING frame with ACK" time="1.0">
      <error>PING Frame (length:8)
Connection closed
Timeout</error>
    </testcase>
  </testsuite>
</testsuites>`;

describe('readH2specReport', () => {
  it('gives back every case with what came of it', () => {
    expect(readH2specReport(report, 'tls')).toEqual([
      { configuration: 'tls', name: 'generic/3.1 Sends a "DATA" frame', outcome: 'passed', detail: '' },
      {
        configuration: 'tls',
        name: 'generic/3.1 Sends HEADERS frames beyond the limit',
        outcome: 'skipped',
        detail: 'not applicable, says h2spec',
      },
      {
        configuration: 'tls',
        name: 'http2/6.7 Sends a PING frame with ACK',
        outcome: 'failed',
        detail: 'Timeout instead of PING Frame (length:8) or Connection closed',
      },
    ]);
  });

  it('does not take a report without cases for a good one', () => {
    expect(() => readH2specReport('<testsuites></testsuites>', 'tls')).toThrow('reported no case');
  });
});
