import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attackedPaths } from './attack.ts';
import { AttackedGateway } from './attacked-gateway.ts';
import { malformedRequests, quickAttacks, slowAttacks } from './index.ts';

let directory: string;
let gateway: AttackedGateway;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'fairlead-attacks-'));
  gateway = await AttackedGateway.start(directory);
}, 40_000);

afterAll(async () => {
  await gateway?.stop();
  rmSync(directory, { recursive: true, force: true });
});

// `npm run interop -- attacks` runs them beside others' requests and looks at memory too.
describe('a gateway under attack closes in time', () => {
  it.each(quickAttacks)('$name', async (attack) => {
    expect(await attack.run(gateway)).toMatchObject({ passed: true });
  });
});

describe('a gateway under attack writes nothing of it to a backend', () => {
  it.each(malformedRequests)('$name', async (attack) => {
    expect(await attack.run(gateway)).toMatchObject({ passed: true });
  });
});

describe('a gateway under attack keeps its deadlines', () => {
  it('whoever is slow', { timeout: 40_000 }, async () => {
    const outcomes = await Promise.all(
      slowAttacks.map(async (attack) => ({ name: attack.name, ...(await attack.run(gateway)) })),
    );
    expect(outcomes.filter(({ passed }) => !passed)).toEqual([]);
  });
});

describe('a gateway after attacks', () => {
  it('serves, and has left nothing at the backend', async () => {
    expect((await fetch(`http://127.0.0.1:${gateway.port}${attackedPaths.quick}`)).status).toBe(200);
    await expect.poll(() => gateway.backendOpen(), { timeout: 5_000 }).toBe(0);
  });
});
