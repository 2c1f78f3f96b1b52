import { join } from 'node:path';
import { expect, it } from 'vitest';
import { check } from './check.ts';
import { explain } from './explain.ts';
import { routes } from './routes.ts';
import { runCommand } from './testing/run-command.ts';

/** The example that docs/grpc.md walks through. */
const directory = join(import.meta.dirname, '../../../../examples/grpc');

it('has nothing wrong with it', async () => {
  expect((await runCommand(check, [directory])).stdout).toContain('3 objects: 0 errors, 0 warnings');
});

it('lists the matches of a GRPCRoute in the order in which they are tried', async () => {
  expect((await runCommand(routes, [directory])).stdout).toBe(
    `http://127.0.0.1:8090  Gateway default/grpc, listener grpc
  HOST  PATH                      MATCH          BACKENDS                          RULE
  *     /grpc.health.v1.Health/*                 → default/greeter:50051+h2c       GRPCRoute default/hello rule "health"
        /hello.Greeter/SayHello   x-preview=yes  → default/greeter-next:50051+h2c  GRPCRoute default/hello rule "preview"
        /hello.Greeter/*                         → default/greeter:50051+h2c       GRPCRoute default/hello rule "hello"
`,
  );
});

it('explains where a call goes', async () => {
  const url = 'http://localhost:8090/hello.Greeter/SayHello';
  const { stdout } = await runCommand(explain, ['POST', url, '-H', 'x-preview: yes', '--from', directory]);
  expect(stdout).toMatch(/rule {6}GRPCRoute\/default\/hello\/1 "preview"/);
  expect(stdout).toMatch(/backend {3}default\/greeter-next:50051\+h2c, weight 1 \(100 %\)/);
});
