// Three gRPC servers of hello.proto on ports 9111, 9112 and 9113: node examples/grpc/server.mjs
import { createServer } from 'node:http2';
import { decode, encode } from './messages.mjs';

const head = { ':status': 200, 'content-type': 'application/grpc' };

/** Answers with messages, then with the status. */
function answer(stream, status, ...messages) {
  stream.respond(head, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(status) }));
  for (const message of messages) stream.write(message);
  stream.end();
}

function watch(stream, reply) {
  stream.respond(head);
  const timer = setInterval(() => stream.write(reply), 1_000);
  stream.on('close', () => clearInterval(timer));
}

function serve(port) {
  const methods = {
    '/hello.Greeter/SayHello': (stream, name) => answer(stream, 0, encode(`hello ${name}, this is ${port}`)),
    '/hello.Greeter/Watch': (stream, name) => watch(stream, encode(`hello again ${name}, this is ${port}`)),
    // SERVING is 1, in field 1 of HealthCheckResponse.
    '/grpc.health.v1.Health/Check': (stream) => answer(stream, 0, Buffer.from([0, 0, 0, 0, 2, 0x08, 1])),
  };
  const server = createServer();
  server.on('stream', (stream, { ':path': path }) => {
    const chunks = [];
    stream.on('error', () => {});
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('end', () => {
      const method = methods[path];
      if (method === undefined) stream.respond({ ...head, 'grpc-status': '12' }, { endStream: true });
      else method(stream, decode(Buffer.concat(chunks)));
    });
  });
  server.listen(port, '127.0.0.1', () => process.stdout.write(`greeter on 127.0.0.1:${port}\n`));
}

for (const port of [9111, 9112, 9113]) serve(port);
