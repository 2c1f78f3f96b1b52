import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** A P-256 certificate of its own for a host and for loopback, by openssl; it is its own authority. */
export function makeCertificateFor(host: string, directory: string): TlsFiles {
  const files = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') };
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const names = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host},IP:127.0.0.1`];
  const args = ['req', '-x509', ...curve, ...names, '-keyout', files.key, '-out', files.cert];
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl could not make a certificate: ${stderr}`);
  return files;
}
