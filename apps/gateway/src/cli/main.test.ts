import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Output } from './command.ts';
import { main } from './main.ts';

async function said(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const output: Output = {
    stdout: (text) => {
      out += text;
    },
    stderr: (text) => {
      err += text;
    },
    isTerminal: false,
  };
  const code = await main(args, output);
  return { code, out, err };
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('fairlead', () => {
  it('lists its commands', async () => {
    expect(await said('--help')).toMatchObject({ code: 0, out: expect.stringContaining('explain') });
    expect(await said()).toMatchObject({ code: 2, out: '', err: expect.stringContaining('usage: fairlead COMMAND') });
    expect(await said('serve')).toMatchObject({ code: 2, err: expect.stringContaining('there is no command "serve"') });
  });

  it.each(['run', 'check', 'routes', 'explain'])('%s --help shows its usage', async (command) => {
    const { code, out } = await said(command, '--help');
    expect(code).toBe(0);
    expect(out).toContain(`usage: fairlead ${command}`);
  });

  it('run refuses what it cannot use', async () => {
    vi.stubEnv('KUBECONFIG', '');
    vi.stubEnv('HOME', '/nowhere/at/all');
    const { code, err } = await said('run');
    expect(code).toBe(1);
    expect(err).toContain(
      'there is no cluster to be seen: not in a pod, no $KUBECONFIG, no /nowhere/at/all/.kube/config',
    );
    expect(err).toContain('fairlead run --from DIR');
    const unreadable = await said('run', '--kubeconfig', '/nowhere/at/all');
    expect(unreadable).toMatchObject({ code: 1, err: expect.stringContaining("/nowhere/at/all can't be read") });
    expect(await said('run', '--from', '/nowhere/at/all')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--from /nowhere/at/all: no such directory'),
    });
  });
});
