const dash = 0x2d;
const zero = 0x30;
/** `00-` trace id `-` parent id `-` flags. */
const dashes = [2, 35, 52] as const;
const length = 55;

/**
 * Whether a `traceparent` can be used (W3C Trace Context §3.2). "If the vendor failed to parse traceparent, it MUST NOT attempt to parse
 * tracestate", and starts a new trace.
 */
export function isTraceparent(value: string): boolean {
  if (value.length < length || value.startsWith('ff')) return false;
  // Later versions may say more, behind another dash.
  if (value.length > length && (value.startsWith('00') || value.charCodeAt(length) !== dash)) return false;
  for (const at of dashes) if (value.charCodeAt(at) !== dash) return false;
  if (!isHex(value, 0, 2) || !isHex(value, 53, length)) return false;
  return isId(value, 3, 35) && isId(value, 36, 52);
}

/** Not all zeros. */
function isId(value: string, start: number, end: number): boolean {
  if (!isHex(value, start, end)) return false;
  for (let i = start; i < end; i++) if (value.charCodeAt(i) !== zero) return true;
  return false;
}

function isHex(value: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const c = value.charCodeAt(i);
    if (!((c >= zero && c <= 0x39) || (c >= 0x61 && c <= 0x66))) return false;
  }
  return true;
}
