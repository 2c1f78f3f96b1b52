import type { Http2ServerSettings } from '@fairlead/wire';
import type { DownstreamSettings } from '../settings.ts';

/** What a session is told of settings, made once for all connections that have them. */
export class Http2SessionSettings {
  /** Settings that a policy no longer sets take theirs with them. */
  readonly #bySettings = new WeakMap<
    DownstreamSettings,
    readonly [http: Http2ServerSettings, https: Http2ServerSettings]
  >();

  /** `settings` are told apart by identity. */
  of(settings: DownstreamSettings, secure: boolean): Http2ServerSettings {
    let both = this.#bySettings.get(settings);
    if (both === undefined) {
      both = [toSession(settings, 'http'), toSession(settings, 'https')];
      this.#bySettings.set(settings, both);
    }
    return both[secure ? 1 : 0];
  }
}

function toSession(settings: DownstreamSettings, scheme: 'http' | 'https'): Http2ServerSettings {
  const { http2, maxFields, maxTargetBytes, allowUnderscores } = settings;
  return { ...http2, scheme, maxFields, maxTargetBytes, allowUnderscores };
}
