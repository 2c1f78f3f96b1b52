import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { generate } from 'selfsigned';

const dayMs = 86_400_000;

/** Writes a Secret with a self-signed certificate for localhost at `path`, unless a valid one is there. Valid for 90 days. */
export async function ensureTlsSecret(path: string, secretName: string): Promise<void> {
  if (isValidFor(path, dayMs)) return;
  const notAfterDate = new Date(Date.now() + 90 * dayMs);
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    notAfterDate,
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const manifest = [
    '# Made at the first start, for this machine only. Remove it to get a new one.',
    'apiVersion: v1',
    'kind: Secret',
    'type: kubernetes.io/tls',
    'metadata:',
    `  name: ${secretName}`,
    'data:',
    `  tls.crt: ${base64(cert)}`,
    `  tls.key: ${base64(key)}`,
    '',
  ].join('\n');
  // Renamed into place: a watcher never sees half of it. Readable by the owner only: it holds a key.
  writeFileSync(`${path}.tmp`, manifest, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}

/** The file has a certificate that will be valid for `ms` more. What a user has put there otherwise is theirs: it counts as valid. */
function isValidFor(path: string, ms: number): boolean {
  if (!existsSync(path)) return false;
  const base64 = /^\s*tls\.crt: ([A-Za-z0-9+/=]+)$/m.exec(readFileSync(path, 'utf8'))?.[1];
  if (base64 === undefined) return true;
  return new X509Certificate(Buffer.from(base64, 'base64')).validToDate.getTime() > Date.now() + ms;
}
