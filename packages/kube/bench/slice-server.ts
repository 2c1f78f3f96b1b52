import { FakeApiServer } from '../test/support/fake-api-server.ts';
import { slice } from '../test/support/objects.ts';

/** A fake API server with many EndpointSlices, in a process of its own so that only the reader's memory is measured. Prints its port. */
const [count = '10000', streaming = 'true'] = process.argv.slice(2);
const server = new FakeApiServer();
server.streaming = streaming === 'true';
const addresses = (i: number) => Array.from({ length: 5 }, (_, k) => `10.${i >> 8}.${i & 255}.${k + 1}`);
for (let i = 0; i < Number(count); i++)
  server.put('endpointslices', slice(`service-${i}-x7k2p`, `service-${i}`, addresses(i)));
await server.start();
process.stdout.write(`${server.access().server.port}\n`);
