import type { CaseResult } from './suite.ts';

/** Reads the JUnit report that h2spec writes; every case of it comes back. Throws when there is none in the text. */
export function readH2specReport(xml: string, configuration: string): readonly CaseResult[] {
  const cases = [...xml.matchAll(/<testcase package="([^"]*)" classname="([^"]*)"[^>]*>(.*?)<\/testcase>/gs)];
  if (cases.length === 0) throw new Error(`h2spec reported no case:\n${xml.slice(0, 1_000)}`);
  return cases.map(([, section, title, body]) => {
    return { configuration, name: `${section} ${unescapeXml(title!)}`, ...outcomeOf(body!) };
  });
}

function outcomeOf(body: string): Pick<CaseResult, 'outcome' | 'detail'> {
  const failure = /<(?:error|failure)[^>]*>(.*?)<\/(?:error|failure)>/s.exec(body)?.[1];
  if (failure !== undefined) return { outcome: 'failed', detail: expectation(unescapeXml(failure)) };
  if (body.includes('<skipped')) return { outcome: 'skipped', detail: 'not applicable, says h2spec' };
  return { outcome: 'passed', detail: '' };
}

/** The last line says what came, those before it what would have been right. */
function expectation(failure: string): string {
  const lines = failure.replaceAll('\0', '').trim().split('\n');
  return `${lines.at(-1)} instead of ${lines.slice(0, -1).join(' or ') || 'anything else'}`;
}

const entities: ReadonlyMap<string, string> = new Map([
  ['&#34;', '"'],
  ['&#39;', "'"],
  ['&quot;', '"'],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&amp;', '&'],
]);

function unescapeXml(text: string): string {
  return text.replace(/&[#\w]+;/g, (entity) => entities.get(entity) ?? entity);
}
