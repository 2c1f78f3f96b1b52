/** Names of header fields whose values nobody but their owner should read. */
const secretName = /authorization|cookie|token|secret|passw|credential|api-?key|signature/i;

const redacted = '(redacted)';

/**
 * A copy of plain data fit to be shown: private keys are blotted out, PEM texts are left out, values of header fields that tend to be secret
 * are blotted out wherever a `{ name, value }` pair stands (filters and matches alike).
 */
export function redact(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(redact);
  if (data instanceof Map) return Object.fromEntries([...data].map(([key, value]) => [key, redact(value)]));
  if (typeof data !== 'object' || data === null) return data;
  const shown: Record<string, unknown> = Object.create(null);
  const { name } = data as { readonly name?: unknown };
  const isSecret = typeof name === 'string' && secretName.test(name);
  for (const [key, value] of Object.entries(data)) {
    if (key === 'keyPem' || (key === 'value' && isSecret)) shown[key] = redacted;
    else if (key !== 'certPem' && key !== 'caPems') shown[key] = redact(value);
    else if (key === 'caPems') shown.caCertificates = (value as readonly string[]).length;
  }
  return shown;
}
