import { parentPort, workerData } from 'node:worker_threads';
import { Resplitter } from './resplitter.ts';

// A thread of its own, so that backends and relays do not wait for each other.
const { port, toPort } = workerData as { readonly port: number; readonly toPort: number };
await Resplitter.start(port, toPort);
parentPort!.postMessage('listening');
