import type { ProxyHeader } from '../proxy-protocol.ts';
import { toIpv4, toIpv6 } from './ip-text.ts';

/** Version 1, a line that begins with `PROXY ` and ends with LF. Null when it is malformed. */
export function readTextHeader(line: Uint8Array): ProxyHeader | null {
  const text = String.fromCharCode(...line);
  if (!text.endsWith('\r\n')) return null;
  const [, family, source, destination, sourcePort, destinationPort, ...more] = text.slice(0, -2).split(' ');
  // What follows says nothing, whatever it is.
  if (family === 'UNKNOWN') return { client: null };
  if (destinationPort === undefined || more.length > 0) return null;
  const toAddress = family === 'TCP4' ? toIpv4 : family === 'TCP6' ? toIpv6 : null;
  const address = toAddress?.(source!) ?? null;
  const port = toPort(sourcePort!);
  if (address === null || port === null) return null;
  return toAddress!(destination!) === null || toPort(destinationPort) === null ? null : { client: { address, port } };
}

function toPort(text: string): number | null {
  return /^(0|[1-9][0-9]{0,4})$/.test(text) && Number(text) <= 65_535 ? Number(text) : null;
}
