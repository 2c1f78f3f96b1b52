/**
 * Whatever we accept, node's llhttp reads as the same message: every disagreement is ours refusing. `FAIRLEAD_FUZZ_RUNS` raises the number
 * of inputs, `FAIRLEAD_FUZZ_SEED` makes them others.
 */
import { type Field, internField, internName, RequestHead } from '@fairlead/message';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTrailer } from '../src/http1/field-line.ts';
import { rawRequests, rawResponses } from './mutations.ts';
import { type NodeMessage, NodeServerReader, nodeReadsResponse } from './node-reader.ts';
import { requestBodyCases } from './request-body.cases.ts';
import { requestHeadCases } from './request-head.cases.ts';
import { responseCases } from './response.cases.ts';
import { type Message, readRequests, readResponses } from './transcript.ts';

const runs = Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 1_500);
const seed = Number(process.env.FAIRLEAD_FUZZ_SEED ?? 3);
const roomy = { maxTargetBytes: 8_192, maxHeadBytes: 16_384, maxFields: 128, allowUnderscores: true };

/** Fields that never reach a head's list; written down anew here, so that a slip in the parser is seen. */
const connectionFields = new Set([
  ...[
    'connection',
    'keep-alive',
    'te',
    'transfer-encoding',
    'upgrade',
    'proxy-connection',
    'proxy-authenticate',
    'proxy-authorization',
  ],
  ...['proxy-authentication-info', 'proxy', 'http2-settings', 'host', 'content-length'],
]);

function endToEnd(fields: readonly [string, string][], dropsExpect: boolean): string[] {
  const named = fields
    .filter(([name]) => name === 'connection')
    .flatMap(([, value]) => value.toLowerCase().split(/[ \t]*,[ \t]*/));
  return fields
    .filter(([name]) => !connectionFields.has(name) && !named.includes(name) && !(dropsExpect && name === 'expect'))
    .map(([name, value]) => `${name}: ${value}`);
}

function texts(fields: readonly Field[]): string[] {
  return fields.map((field) => `${field.name.name}: ${field.value}`);
}

function relayedTrailers(fields: readonly [string, string][]): string[] {
  return texts(fields.map(([name, value]) => internField(internName(name), value)).filter(isTrailer));
}

/** The URL that node saw, as the target we made of it. */
function targetOf(url: string, method: string, authority: string): string {
  const absolute = /^https?:\/\/([^/?]*)(.*)$/i.exec(url);
  if (absolute === null) return url;
  expect(absolute[1]!.toLowerCase().replace(/:80$/, '')).toBe(authority.toLowerCase().replace(/:80$/, ''));
  if (absolute[2] === '' && method === 'OPTIONS') return '*';
  return absolute[2]!.startsWith('/') ? absolute[2]! : `/${absolute[2]}`;
}

function asksUpgrade({ fields }: NodeMessage): boolean {
  const asks = (wanted: string, part: string): boolean =>
    fields.some(([name, value]) => name === wanted && value.toLowerCase().includes(part));
  return asks('upgrade', '') && asks('connection', 'upgrade');
}

function expectSame(ours: Message, theirs: NodeMessage | null | undefined): void {
  expect(theirs, `llhttp reads no such message: ${ours.head.constructor.name}`).toBeTruthy();
  const read = theirs!;
  const { head } = ours;
  if (head instanceof RequestHead) {
    expect(read.method).toBe(head.method);
    expect(targetOf(read.url, head.method, head.authority)).toBe(head.path);
    expect(endToEnd(read.fields, !head.expectContinue)).toEqual(texts(head.fields));
  } else {
    expect(read.status).toBe(head.status);
    expect(endToEnd(read.fields, false)).toEqual(texts(head.fields));
  }
  expect(read.body).toBe(ours.body);
  expect(relayedTrailers(read.trailers)).toEqual(texts(ours.trailers));
}

describe('requests', () => {
  const server = new NodeServerReader();
  let accepted = 0;

  async function check(raw: string): Promise<void> {
    const bytes = Buffer.from(raw, 'latin1');
    const ours = readRequests([bytes], roomy);
    const complete = ours.messages.filter((message) => message.complete);
    if (complete.length === 0) return;
    // Node drops a connection with all its requests once it can't read on: it gets what we have taken, which must be as many messages.
    const theirs = await server.read(bytes.subarray(0, ours.used));
    // Behind a request that asks for an upgrade node reads no other, whether it upgrades or not.
    const upgrade = theirs.findIndex(asksUpgrade);
    const compared = upgrade < 0 ? complete : complete.slice(0, upgrade + 1);
    expect(theirs.length, JSON.stringify(raw)).toBe(compared.length);
    compared.forEach((message, i) => {
      expectSame(message, theirs[i]);
    });
    accepted += compared.length;
  }

  it('agrees on every input of the table', async () => {
    for (const { raw } of [...requestHeadCases, ...requestBodyCases]) await check(raw);
    expect(accepted).toBeGreaterThan(60);
  });

  it('agrees on mutations', async () => {
    accepted = 0;
    await fc.assert(fc.asyncProperty(rawRequests, check), { numRuns: runs, seed });
    expect(accepted, 'too few inputs are accepted for this to say anything').toBeGreaterThan(runs / 5);
  });
});

describe('responses', () => {
  let accepted = 0;

  async function check(raw: string, method: string): Promise<void> {
    const bytes = Buffer.from(raw, 'latin1');
    const ours = readResponses([bytes], [method], true);
    const message = ours.messages[0];
    if (message === undefined || !message.complete) return;
    const theirs = await nodeReadsResponse(bytes.subarray(0, ours.used), method);
    expectSame(message, theirs.message);
    expect(theirs.infos).toEqual(ours.infos.map((head) => head.status));
    accepted++;
  }

  it('agrees on every input of the table', async () => {
    for (const { raw, methods } of responseCases) await check(raw, methods[0]!);
    expect(accepted).toBeGreaterThan(30);
  });

  it('agrees on mutations', async () => {
    accepted = 0;
    const method = fc.constantFrom('GET', 'HEAD');
    await fc.assert(fc.asyncProperty(rawResponses, method, check), { numRuns: runs, seed });
    expect(accepted, 'too few inputs are accepted for this to say anything').toBeGreaterThan(runs / 5);
  });
});
