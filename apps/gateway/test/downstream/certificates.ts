import { X509Certificate } from 'node:crypto';
import type { Certificate } from '@fairlead/routing';
import { generate } from 'selfsigned';

export interface Authority {
  readonly cert: string;
  readonly key: string;
}

export async function authority(name: string): Promise<Authority> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true },
    ],
  });
  return { cert, key };
}

/** A leaf for `names`; self-signed without `ca`. */
export async function certificate(names: readonly string[], ca?: Authority): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: names[0]! }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ...(ca === undefined ? {} : { ca }),
    extensions: [{ name: 'subjectAltName', altNames: names.map((value) => ({ type: 2, value })) }],
  });
  const fingerprint = new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();
  return { certPem: cert, keyPem: key, names, fingerprint };
}
