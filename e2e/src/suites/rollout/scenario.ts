import type { EchoBackend } from '../objects/echo-backend.ts';
import type { SuiteContext } from '../suite.ts';

/** Something that happens under load. */
export interface Scenario {
  readonly name: string;
  /** Null when no request may fail; otherwise why some may: those on their way are lost with the process that held them. */
  readonly mayLoseInFlight: boolean;
  /** Why it can't happen in this cluster; null when it can. */
  obstacle?(context: SuiteContext): Promise<string | null>;
  /** Ends when what it set off is over. */
  act(context: SuiteContext, backend: EchoBackend): Promise<void>;
}
