import { describe, expect, it } from 'vitest';
import { parseConformanceOutput, reportStatistics } from './conformance-output.ts';

const output = `=== RUN   TestConformance
=== RUN   TestConformance/GatewayClassObservedGenerationBump
    suite.go:12: --- PASS: not a result
--- FAIL: TestConformance (87.21s)
    --- PASS: TestConformance/GatewayClassObservedGenerationBump (0.21s)
    --- FAIL: TestConformance/HTTPRouteWeight (31.07s)
        --- PASS: TestConformance/HTTPRouteWeight/Requests_should_have_a_distribution (1.00s)
        --- FAIL: TestConformance/HTTPRouteWeight/other (1.00s)
    --- SKIP: TestConformance/MeshBasic (0.00s)
FAIL
`;

const report = `
apiVersion: gateway.networking.k8s.io/v1
kind: ConformanceReport
profiles:
- core:
    result: failure
    statistics: {Failed: 1, Passed: 39, Skipped: 0}
  extended:
    result: success
    statistics: {Failed: 0, Passed: 64, Skipped: 2}
  name: GATEWAY-HTTP
- core:
    result: success
    statistics: {Failed: 0, Passed: 17, Skipped: 0}
  name: GATEWAY-GRPC
`;

describe('parseConformanceOutput', () => {
  it('takes the direct subtests only', () => {
    expect(parseConformanceOutput(output)).toEqual([
      { name: 'GatewayClassObservedGenerationBump', outcome: 'passed', detail: '0.21 s' },
      { name: 'HTTPRouteWeight', outcome: 'failed', detail: '31.07 s' },
      { name: 'MeshBasic', outcome: 'skipped', detail: '0.00 s' },
    ]);
  });
});

describe('reportStatistics', () => {
  it('counts by profile and level, where a profile has it', () => {
    expect(reportStatistics(report)).toEqual({
      'GATEWAY-HTTP core passed': 39,
      'GATEWAY-HTTP core failed': 1,
      'GATEWAY-HTTP core skipped': 0,
      'GATEWAY-HTTP extended passed': 64,
      'GATEWAY-HTTP extended failed': 0,
      'GATEWAY-HTTP extended skipped': 2,
      'GATEWAY-GRPC core passed': 17,
      'GATEWAY-GRPC core failed': 0,
      'GATEWAY-GRPC core skipped': 0,
    });
  });

  it('is empty for a report without profiles', () => {
    expect(reportStatistics('kind: ConformanceReport')).toEqual({});
  });
});
