import { memberOfType } from './filters.ts';
import { duration, headerName } from './patterns.ts';
import type { Report } from './schema-problem.ts';
import { type ObjectShape, object, oneOf, text } from './shape.ts';

const cookie: ObjectShape = object(
  {},
  { name: headerName, path: text({ maxLength: 1_024 }), lifetimeType: oneOf('Session', 'Permanent') },
);

export const sessionPersistence: ObjectShape = object(
  {},
  {
    type: oneOf('Cookie', 'Header'),
    absoluteTimeout: duration,
    cookie,
    header: object({ name: headerName }, {}),
    // Left the API with 1.7.
    idleTimeout: duration,
    sessionName: text({ maxLength: 128 }),
    cookieConfig: cookie,
  },
  checkMembers,
  checkLifetime,
);

interface Session {
  readonly type?: string;
  readonly absoluteTimeout?: string;
  readonly cookie?: Cookie;
  readonly header?: unknown;
  readonly idleTimeout?: string;
  readonly sessionName?: string;
  readonly cookieConfig?: Cookie;
}

interface Cookie {
  readonly lifetimeType?: string;
}

const checkTypes: ReturnType<typeof memberOfType> = memberOfType('type', [
  ['Cookie', 'cookie'],
  ['Header', 'header'],
]);

/** Manifests from before 1.7 may do without the field that now belongs to the type. */
function checkMembers(session: Session, report: Report): void {
  const old = session.idleTimeout ?? session.sessionName ?? session.cookieConfig;
  if (old === undefined) checkTypes({ ...session, type: session.type ?? 'Cookie' } as never, report);
}

function checkLifetime({ cookie, cookieConfig, absoluteTimeout }: Session, report: Report): void {
  const permanent = (cookie ?? cookieConfig)?.lifetimeType === 'Permanent';
  if (permanent && absoluteTimeout === undefined)
    report(['absoluteTimeout'], 'is required with lifetimeType Permanent');
}
