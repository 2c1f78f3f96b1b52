import { createServer, type ServerHttp2Stream } from 'node:http2';

// Started as a process of its own: `silent-server.ts PORT COUNT`. An h2c server at each of COUNT loopback addresses, from 127.0.0.1 on;
// /ready is answered, every other request is taken and never answered.
const [port, count] = process.argv.slice(2).map(Number);
for (let i = 1; i <= count!; i++) {
  const server = createServer({ settings: { maxConcurrentStreams: 1_000 } });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => {});
    if (headers[':path'] === '/ready') stream.respond({ ':status': 204 }, { endStream: true });
  });
  server.listen(port, `127.0.0.${i}`);
}
