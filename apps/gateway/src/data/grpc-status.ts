import { type Field, findField, names } from '@fairlead/message';

/** The codes of https://github.com/grpc/grpc/blob/master/doc/statuscodes.md that mean something here. */
export const GrpcStatus = {
  cancelled: 1,
  unknown: 2,
  deadlineExceeded: 4,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
} as const;

/** Codes are 0 … 16. */
const grpcStatusCount = 17;

/** Of a head or of trailers; -1 without. What is no code counts as UNKNOWN, as clients take it. */
export function grpcStatusIn(fields: readonly Field[]): number {
  const field = findField(fields, names.grpcStatus);
  if (field === null) return -1;
  const { value } = field;
  const code = value.length <= 2 && value !== '' ? Number(value) : Number.NaN;
  return Number.isInteger(code) && code >= 0 && code < grpcStatusCount ? code : GrpcStatus.unknown;
}

/**
 * What a client is told when it gets an HTTP status instead of one of gRPC: https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md,
 * but for reasons of ours (`Failure.code`) that say more. "When a GRPCBackendRef is invalid, `UNAVAILABLE` statuses MUST be returned".
 */
export function grpcStatusOf(reason: string, httpStatus: number): number {
  return byReason.get(reason) ?? byHttpStatus.get(httpStatus) ?? GrpcStatus.unknown;
}

const byReason: ReadonlyMap<string, number> = new Map([
  ['client_gone', GrpcStatus.cancelled],
  ['grpc_timeout', GrpcStatus.deadlineExceeded],
  ['request_timeout', GrpcStatus.deadlineExceeded],
  ['backend_timeout', GrpcStatus.deadlineExceeded],
  ['invalid_backend', GrpcStatus.unavailable],
  ['invalid_backend_tls', GrpcStatus.unavailable],
  ['no_backends', GrpcStatus.unavailable],
  ['internal', GrpcStatus.internal],
]);

const byHttpStatus: ReadonlyMap<number, number> = new Map([
  [400, GrpcStatus.internal],
  [401, 16],
  [403, 7],
  [404, GrpcStatus.unimplemented],
  [429, GrpcStatus.unavailable],
  [502, GrpcStatus.unavailable],
  [503, GrpcStatus.unavailable],
  [504, GrpcStatus.unavailable],
]);

/**
 * The HTTP status that says the same, as google.rpc.Code documents it: retries by status, and the judgement over endpoints, are spoken of in
 * these.
 */
export function httpStatusOf(grpcStatus: number): number {
  return httpStatuses[grpcStatus]!;
}

const httpStatuses: readonly number[] = [
  200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401,
];
