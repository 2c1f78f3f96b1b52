import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawClient, until } from '../downstream/raw-client.ts';
import { freePort, GatewayUnderTest } from '../process/gateway-under-test.ts';
import { gatewayObjects, httpListener, serviceObjects } from '../process/manifests.ts';
import { scripts } from './deceiving-answers.ts';
import { httpRoute } from './objects.ts';
import { RecordingBackend } from './recording-backend.ts';
import { type Sequence, sequences } from './smuggling-sequences.ts';

let backend: RecordingBackend;
let gateway: GatewayUnderTest;
let port: number;
let turn: number = 0;

beforeAll(async () => {
  port = await freePort();
  backend = await RecordingBackend.start();
  for (const [path, answer] of Object.entries(scripts.early)) backend.early.set(path, answer);
  for (const [path, answer] of Object.entries(scripts.answers)) backend.answers.set(path, answer);
  for (const [path, answer] of Object.entries(scripts.late)) backend.late.set(path, answer);
  const scripted = [scripts.early, scripts.answers, scripts.late].flatMap(Object.keys);
  const routed = [...scripted, '/a', '/b', '/innocent', '/smuggled'];
  gateway = await GatewayUnderTest.start({
    files: {
      'gateway.yaml': gatewayObjects([httpListener(port)]),
      'services.yaml': serviceObjects('a', [backend.port]),
      'routes.yaml': [httpRoute('r', { rules: [ruleFor(routed)] })],
    },
    // One worker: what the attack leaves on a connection to the backend meets the innocent request there.
    flags: ['--workers', '1'],
  });
});

afterAll(async () => {
  await gateway.cleanUp();
  backend.stop();
});

function ruleFor(paths: readonly string[]): object {
  const matches = paths.map((value) => ({ path: { type: 'PathPrefix', value } }));
  return { matches, backendRefs: [{ name: 'a', port: 80 }] };
}

/** Statuses so far, then whether the connection is still there. */
function outcome(client: RawClient): string {
  const statuses = [...client.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => match[1]!);
  return [...statuses, client.ended || client.closed ? 'close' : 'open'].join(' ');
}

/** What an innocent client is told on a connection of its own. */
async function innocentAnswer(path: string): Promise<string> {
  const client = await RawClient.open(port);
  client.send(`GET ${path} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n`);
  await client.endsCleanly();
  client.close();
  return client.text;
}

const settleMs = 5;

/** What the attack came on must not have served the innocent. */
function expectUnused(headsBefore: number): void {
  const [attacked, ...others] = backend.heads.slice(headsBefore);
  expect(others).toHaveLength(2);
  expect(others).not.toContain(attacked);
}

/** Sends in parts that no line or chunk boundary has chosen. */
async function sendInParts(client: RawClient, octets: string): Promise<void> {
  for (let at = 0, size = 1; at < octets.length; at += size, size = (size % 13) + 1) {
    // Each part leaves for itself: the socket has noDelay.
    client.send(octets.slice(at, at + size));
    await new Promise(setImmediate);
  }
}

/** Longer attacks are about sizes, not about where parts meet. */
const longest = 1_000;

async function play({ sends, gets, backend: expected = [], spoils }: Sequence, inParts: boolean): Promise<void> {
  const wanted = typeof gets === 'string' ? [gets] : gets;
  const from = backend.requests.length;
  const headsBefore = backend.heads.length;
  const attacker = await RawClient.open(port);
  if (inParts && sends.length <= longest) await sendInParts(attacker, sends);
  else attacker.send(sends);
  await until(
    () => wanted.includes(outcome(attacker)),
    () => `${wanted}; got ${outcome(attacker)}: ${JSON.stringify(attacker.text.slice(0, 400))}`,
    1_500,
  );
  // Whatever the attack has left behind gets its chance.
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  const outcomeLater = outcome(attacker);
  const path = `/innocent/${turn++}`;
  const answers = [await innocentAnswer(path), await innocentAnswer(path)];
  attacker.close();
  for (const answer of answers) {
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer.endsWith(`\r\n\r\nthis is ${path}`)).toBe(true);
  }
  expect(wanted).toContain(outcomeLater);
  expect(attacker.text).not.toContain('evil');
  const allowed = outcomeLater.startsWith('4') && !outcomeLater.startsWith('404') ? [] : expected;
  expect(backend.summary(from)).toEqual([...allowed, `GET ${path}`, `GET ${path}`]);
  if (spoils) expectUnused(headsBefore);
  expect(backend.faults).toEqual([]);
  expect(backend.tunnelled).toBe('');
}

describe.each(Object.entries(sequences))('%s', (_kind, all) => {
  it.each(all)('$attack', (sequence) => play(sequence, false));
  it.each(all)('$attack, in small parts', (sequence) => play(sequence, true));
});

it('has many sequences', () => {
  expect(Object.values(sequences).flat().length).toBeGreaterThanOrEqual(100);
});
