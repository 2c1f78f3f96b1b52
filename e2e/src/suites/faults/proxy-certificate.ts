import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TlsFiles } from '../../tls-files.ts';

/** A certificate for an address, signed by the own cluster's authority, which every pod trusts. `pki`: the folder with ca.crt and ca.key. */
export function proxyCertificate(pki: string, address: string, directory: string): TlsFiles {
  const files = { cert: join(directory, 'proxy.crt'), key: join(directory, 'proxy.key') };
  const request = join(directory, 'proxy.csr');
  const extensions = join(directory, 'extensions');
  writeFileSync(extensions, `extendedKeyUsage=serverAuth\nsubjectAltName=IP:${address}\n`);
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(['req', ...curve, '-subj', '/CN=kube-apiserver', '-keyout', files.key, '-out', request]);
  const authority = ['-CA', join(pki, 'ca.crt'), '-CAkey', join(pki, 'ca.key'), '-set_serial', '2'];
  openssl(['x509', '-req', '-in', request, ...authority, '-days', '2', '-extfile', extensions, '-out', files.cert]);
  return files;
}

function openssl(args: readonly string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args[0]}: ${stderr}`);
}
