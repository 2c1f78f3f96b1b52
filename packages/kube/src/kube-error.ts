/**
 * A call that the API server refused, or that did not reach it. `status` is HTTP's, 0 when there was no answer (refused, cut, timed out).
 * `reason` is the machine's word of a Kubernetes Status (`Conflict`, `Expired`, `NotFound`, …), else `Unreachable`, `BadResponse` or ''.
 */
export class KubeApiError extends Error {
  override readonly name = 'KubeApiError';
  readonly status: number;
  readonly reason: string;
  /** How long the server asks to wait before another try; null when it does not say. */
  readonly retryAfterMs: number | null;

  constructor(status: number, reason: string, message: string, retryAfterMs: number | null = null, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }

  /** The resourceVersion or continue token is too old to go on from. */
  get isExpired(): boolean {
    return this.status === 410 || this.reason === 'Expired' || this.reason === 'Gone';
  }
}

/** `kind: Status` as the API server answers and as a watch's ERROR event carries. */
export interface KubeStatus {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly metadata?: { readonly continue?: string };
  readonly details?: { readonly retryAfterSeconds?: number };
}

/** Whatever else a proxy on the way may have answered, there is a message. */
export function toKubeError(httpStatus: number, body: string, retryAfter: string | null): KubeApiError {
  const status = parseStatus(body);
  const code = httpStatus || status.code || 500;
  const message = status.message || body.slice(0, maxMessageLength) || `HTTP status ${code}`;
  return new KubeApiError(code, status.reason ?? '', message, retryAfterMs(retryAfter, status));
}

export function statusToError(status: KubeStatus): KubeApiError {
  const message = status.message ?? 'the watch ended with an error';
  return new KubeApiError(status.code ?? 500, status.reason ?? '', message, retryAfterMs(null, status));
}

const maxMessageLength = 300;

function parseStatus(body: string): KubeStatus {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? (parsed as KubeStatus) : {};
  } catch {
    return {};
  }
}

/** Dates (RFC 9110 §10.2.3) are not what API servers send; they count as no wish. */
function retryAfterMs(header: string | null, status: KubeStatus): number | null {
  const seconds = header === null ? status.details?.retryAfterSeconds : Number(header);
  return seconds !== undefined && seconds >= 0 ? seconds * 1_000 : null;
}

/** For people, whatever was thrown. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
