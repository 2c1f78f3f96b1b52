import { makeCertificateFor, type TlsFiles } from '@fairlead/e2e';
import { requestHost } from './site.ts';

/** For the host that every bench asks for. */
export function makeCertificate(directory: string): TlsFiles {
  return makeCertificateFor(requestHost, directory);
}
