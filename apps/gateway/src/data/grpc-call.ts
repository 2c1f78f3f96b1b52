import { type Field, findField, names, type RequestHead } from '@fairlead/message';
import { GrpcStatus, grpcStatusIn, grpcStatusOf, httpStatusOf } from './grpc-status.ts';
import { grpcTimeoutMs } from './grpc-timeout.ts';

/** What makes an exchange a gRPC call, and how the call ended. */
export class GrpcCall {
  /** What the client gives the call, from the head's arrival; Infinity when it says nothing. */
  readonly timeoutMs: number;
  /** What the client is told; -1 while that is not known. */
  status: number = -1;
  /** The call can be ended with trailers: its response head was one of gRPC, and promised no length. */
  #open: boolean = false;

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }

  get hasDeadline(): boolean {
    return this.timeoutMs !== Number.POSITIVE_INFINITY;
  }

  /** A response head came; with a status ("Trailers-Only") it is the end too. The HTTP status that says the same. */
  readHead(httpStatus: number, fields: readonly Field[], contentLength: number): number {
    this.status = grpcStatusIn(fields);
    this.#open = httpStatus === 200 && contentLength < 0;
    return this.status < 0 ? httpStatus : httpStatusOf(this.status);
  }

  readTrailers(fields: readonly Field[]): void {
    this.status = grpcStatusIn(fields);
  }

  get canEnd(): boolean {
    return this.#open && this.status < 0;
  }

  /**
   * The status that the endpoint gave speaks against it: docs/grpc.md. A deadline that the client has set proves nothing, as the client may have
   * set it as short as it likes.
   */
  get isFaulty(): boolean {
    switch (this.status) {
      case GrpcStatus.deadlineExceeded:
        return !this.hasDeadline;
      case GrpcStatus.unknown:
      case GrpcStatus.resourceExhausted:
      case GrpcStatus.internal:
      case GrpcStatus.unavailable:
      case GrpcStatus.dataLoss:
        return true;
      default:
        return false;
    }
  }

  /** The call is over, for `reason` if not by its endpoint's answer: what a client makes of it that was given no status. */
  close(reason: string, httpStatus: number): void {
    if (this.status < 0) this.status = grpcStatusOf(reason, httpStatus);
  }
}

/** Null when the request is none. gRPC-Web is not: it says in its body how a call ends, and HTTP's own answers are what its clients know. */
export function readGrpcCall({ method, fields }: RequestHead): GrpcCall | null {
  if (method !== 'POST') return null;
  const type = findField(fields, names.contentType);
  if (type === null || !isGrpc(type.value)) return null;
  const timeout = findField(fields, names.grpcTimeout);
  return new GrpcCall(timeout === null ? Number.POSITIVE_INFINITY : grpcTimeoutMs(timeout.value));
}

const grpcType = 'application/grpc';

/** `application/grpc`, alone or with a format behind `+` or parameters behind `;`. */
function isGrpc(type: string): boolean {
  if (!type.startsWith(grpcType)) return false;
  return type.length === grpcType.length || type[grpcType.length] === '+' || type[grpcType.length] === ';';
}
