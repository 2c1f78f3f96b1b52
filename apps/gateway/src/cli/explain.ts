import { describeUnserved } from '../admin/endpoint-facts.ts';
import { type AskedRequest, explainRequest, type RequestExplanation } from '../admin/explain-request.ts';
import { EndpointIndex } from '../control/endpoint-index.ts';
import { CommandError, commonOptions, guarded, type Output, parseFlags, processOutput } from './command.ts';
import { explainText } from './explain-text.ts';
import { loadOffline } from './offline.ts';
import { UsageError } from './run-options.ts';
import { createStyle } from './style.ts';

const usage = `usage: fairlead explain METHOD URL [-H 'name: value'] (--from DIR | --admin URL) [--json]

Says where a request would go and why: the listener, route, rule and filters, the backends with their weights, their endpoints, and for each
rule that came before and did not match, the first condition that failed. The port of URL chooses the listener.

  -H, --header 'name: value'  a header of the request; may be repeated. Host replaces that of URL
  --from DIR                  ask the manifests in DIR
  --admin URL                 ask a running gateway, e.g. http://127.0.0.1:9901; endpoints then come with what was measured
  --json                      one JSON object
  --help
`;

const options = {
  ...commonOptions,
  header: { type: 'string', short: 'H', multiple: true, default: [] as string[] },
  from: { type: 'string' },
  admin: { type: 'string' },
} as const;

export function explain(args: readonly string[], output: Output = processOutput): Promise<number> {
  return guarded(usage, output, async () => {
    const { values, positionals } = parseFlags(args, options, ['METHOD', 'URL']);
    const { from, admin, json } = values;
    if ((from === undefined) === (admin === undefined))
      throw new UsageError('say whom to ask: --from DIR or --admin URL');
    const asked: AskedRequest = { method: positionals[0]!, url: positionals[1]!, headers: values.header };
    const explanation = from !== undefined ? await explainOffline(from, asked) : await askAdmin(admin!, asked);
    output.stdout(
      json ? `${JSON.stringify(explanation, null, 2)}\n` : explainText(explanation, createStyle(output.isTerminal)),
    );
    return explanation.outcome === 'matched' ? 0 : 1;
  });
}

async function explainOffline(directory: string, asked: AskedRequest): Promise<RequestExplanation> {
  const { source, compiled } = await loadOffline(directory);
  const { changed } = new EndpointIndex({ allowLoopback: true }).update(
    compiled.table.backends,
    source.state.services,
    source.slices,
  );
  const sets = new Map(changed.map(({ backend, endpoints }) => [backend, endpoints]));
  const explanation = explainRequest(compiled.table, asked, (backend) => describeUnserved(sets.get(backend) ?? []));
  if (typeof explanation === 'string') throw new CommandError(explanation);
  return explanation;
}

async function askAdmin(admin: string, { method, url, headers }: AskedRequest): Promise<RequestExplanation> {
  const question = URL.parse('/debug/explain', admin.includes('://') ? admin : `http://${admin}`);
  if (question === null) throw new UsageError(`--admin ${admin}: must be a URL like http://127.0.0.1:9901`);
  question.searchParams.set('method', method);
  question.searchParams.set('url', url);
  for (const header of headers) question.searchParams.append('header', header);
  const response = await fetch(question, { signal: AbortSignal.timeout(answerTimeoutMs) }).catch((error: Error) => {
    const { code, message } = (error.cause ?? error) as NodeJS.ErrnoException;
    throw new CommandError(
      `${question.origin}: ${code === 'ECONNREFUSED' ? 'nothing listens there; is the gateway running?' : message}`,
    );
  });
  const body = (await response.json().catch(() => null)) as (RequestExplanation & { readonly error?: string }) | null;
  if (body === null) throw new CommandError(`${question.origin}: answered ${response.status}, not like an admin API`);
  if (!response.ok) throw new CommandError(body.error ?? `${question.origin}: answered ${response.status}`);
  return body;
}

const answerTimeoutMs = 10_000;
