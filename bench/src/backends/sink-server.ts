import { createServer } from 'node:http';

// Started as a process of its own: `sink-server.ts PORT`. Reads what is uploaded, then says how much it was.
const server = createServer((request, response) => {
  let taken = 0;
  request.on('data', (data: Buffer) => {
    taken += data.length;
  });
  request.on('end', () => {
    const text = String(taken);
    response.writeHead(200, { 'content-length': text.length });
    response.end(text);
  });
});
server.requestTimeout = 0;
server.listen(Number(process.argv[2]), '127.0.0.1');
