import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureTool, loadCpu, StartedProcess } from '@fairlead/e2e';
import { grpcMessage, grpcPath } from '../load/grpc-message.ts';
import { fastGrpcBackendPort } from '../site.ts';

/** Answers calls of `grpcPath` with one message and status 0, from a file: several times faster than any gRPC library's server. */
export async function startFastGrpcBackend(directory: string): Promise<StartedProcess> {
  const root = join(directory, 'grpc-backend');
  const types = join(directory, 'mime.types');
  mkdirSync(join(root, dirname(grpcPath)), { recursive: true });
  writeFileSync(join(root, grpcPath), grpcMessage('hello'), 'latin1');
  writeFileSync(types, 'application/grpc grpc\n');
  const trailer = ['--trailer', 'grpc-status: 0', `--mime-types-file=${types}`];
  const args = ['--no-tls', '-a', '127.0.0.1', '-d', root, ...trailer, String(fastGrpcBackendPort)];
  const started = StartedProcess.start(loadCpu, ensureTool('nghttpd', console.error), args);
  await started.listening(fastGrpcBackendPort);
  return started;
}
