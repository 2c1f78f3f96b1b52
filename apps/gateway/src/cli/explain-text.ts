import { formatExplanation } from '@fairlead/routing';
import type { EndpointFacts } from '../admin/endpoint-facts.ts';
import type { RequestExplanation } from '../admin/explain-request.ts';
import { columns } from './columns.ts';
import type { Style } from './style.ts';

/** An explanation for people: what matched, what lost and why, and the endpoints with what is known of them. */
export function explainText(explanation: RequestExplanation, style: Style): string {
  const parts = [`at ${explanation.bind}: ${formatExplanation(explanation)}`];
  for (const { backend, endpoints } of explanation.endpoints) {
    parts.push(`  endpoints of ${style.strong(backend)}`);
    parts.push(
      endpoints.length === 0 ? `    ${style.bad('none: 503')}` : columns(endpoints.map(endpointCells), '    '),
    );
  }
  return `${parts.join('\n')}\n`;
}

function endpointCells(facts: EndpointFacts): readonly string[] {
  const { endpoint, state, score, latencyMs, inFlight, requests, failures, ejectedForMs } = facts;
  if (score === null || latencyMs === null) return [endpoint, state, 'not measured'];
  const shown = state === 'ejected' ? `ejected for ${(ejectedForMs / 1_000).toFixed(1)} s` : state;
  return [
    endpoint,
    shown,
    `score ${score.toFixed(2)}`,
    `latency ${latencyMs.toFixed(2)} ms`,
    `in flight ${inFlight}`,
    `${failures} of ${requests} failed`,
  ];
}
