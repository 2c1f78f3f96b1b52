// Calls SayHello on ONE connection: node examples/grpc/client.mjs [calls] [name: value …]
import { connect } from 'node:http2';
import { decode, encode } from './messages.mjs';

const calls = Number(process.argv[2] ?? 1);
const headers = Object.fromEntries(process.argv.slice(3).map((header) => header.split(/:\s*/, 2)));
const connection = connect('http://127.0.0.1:8090');

function sayHello() {
  return new Promise((resolve, reject) => {
    const stream = connection.request({
      ':method': 'POST',
      ':path': '/hello.Greeter/SayHello',
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    const chunks = [];
    let status;
    const note = (fields) => {
      if ('grpc-status' in fields) status = `grpc-status ${fields['grpc-status']} ${fields['grpc-message'] ?? ''}`;
    };
    stream.on('response', note);
    stream.on('trailers', note);
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('end', () => resolve(`${status.trim()}  ${decode(Buffer.concat(chunks))}`));
    stream.end(encode('world'));
  });
}

const counts = new Map();
for (let i = 0; i < calls; i++) {
  const answer = await sayHello();
  counts.set(answer, (counts.get(answer) ?? 0) + 1);
}
for (const [answer, count] of [...counts].sort()) process.stdout.write(`${String(count).padStart(5)} × ${answer}\n`);
connection.close();
