import type { RequestHead, ResponseReceiver, UpstreamStream } from '@fairlead/message';

/** The endpoint's side of one exchange, ready to be used once. */
export interface Upstream extends UpstreamStream {
  /** The connection stands: whatever is sent from now on may be processed, even if no answer comes. */
  readonly established: boolean;
  /** Sends the head; `end`: no body follows. A failure is reported later, never from inside this call. */
  begin(receiver: ResponseReceiver, head: RequestHead, end: boolean): void;
}
