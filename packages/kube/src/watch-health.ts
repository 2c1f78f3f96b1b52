import type { KindResource } from './kind-resource.ts';
import type { KubeApiError } from './kube-error.ts';
import type { KubeLog } from './log.ts';
import type { ReflectorState } from './reflector.ts';
import type { StoreProblem } from './store-problem.ts';

/** How often a trouble that lasts is mentioned again. */
const reminderMs = 60_000;

/**
 * What goes wrong between us and the API server, said once and not once per kind and try: when the server is away or overloaded, that is one
 * trouble; what is about one kind alone (no rights, not served) is named by kind.
 */
export class WatchHealth {
  readonly #log: KubeLog;
  readonly #nowMs: () => number;
  readonly #troubles = new Map<string, Trouble>();
  readonly #problems = new Map<string, StoreProblem>();

  constructor(log: KubeLog, nowMs: () => number = () => performance.now()) {
    this.#log = log;
    this.#nowMs = nowMs;
  }

  /** Troubles that somebody has to do something about. */
  get problems(): Iterable<StoreProblem> {
    return this.#problems.values();
  }

  /** `key`: of a single object that is watched alone, else ''. Null: nobody asks for it any more. */
  note(resource: KindResource, key: string, state: ReflectorState | null): void {
    const name = key === '' ? resource.plural : `${resource.kind} ${key}`;
    if (state?.is === 'failing') this.#noteFailure(resource, key, name, state.error);
    else if (state?.is === 'absent') this.#noteAbsent(resource, name);
    else if (state?.is === 'live') this.#noteLive(name, resource);
    else this.#forget(name);
  }

  #noteFailure(resource: KindResource, key: string, name: string, error: KubeApiError): void {
    const { status, reason, message } = error;
    if (error.isExpired) {
      this.#log.info({ resource: name }, 'too far behind to go on; listing anew');
      return;
    }
    const isServers = status === 0 || status === 429 || status >= 500;
    if (!isServers) this.#leaveServers(name);
    const trouble = this.#begin(isServers ? '' : name, name);
    trouble.failures++;
    if (trouble.failures < failuresBeforeSaid(status) + trouble.names.size) return;
    const help = status === 403 ? '; see RBAC in docs/kubernetes.md' : '';
    const what = isServers ? "the API server can't be used" : "can't be read";
    const text = `${what}: ${message}${help}; what is known stays in use, and it is tried again`;
    const about = isServers ? { kind: '', key: '' } : { kind: resource.kind, key };
    this.#problems.set(isServers ? '' : name, {
      ...about,
      path: [],
      message: text,
      severity: isServers ? 'warning' : 'error',
    });
    if (this.#nowMs() - trouble.saidAtMs < reminderMs) return;
    trouble.saidAtMs = this.#nowMs();
    this.#log.warn({ status, reason }, isServers ? text : `${name} ${text}`);
  }

  #noteAbsent(resource: KindResource, name: string): void {
    this.#leaveServers(name);
    if (this.#troubles.has(name)) return;
    this.#begin(name, name).saidAtMs = this.#nowMs();
    const text = `${resource.kind} is not served by this cluster (group ${resource.group}, ${resource.versions.join(' or ')})`;
    if (resource.optional) {
      this.#log.info({}, `${text}; it is used as soon as its CRD is there`);
      return;
    }
    const message = `${text}: install the CRDs of the Gateway API; they are taken up as soon as they are there`;
    this.#problems.set(name, { kind: resource.kind, key: '', path: [], message, severity: 'error' });
    this.#log.error({}, message);
  }

  #noteLive(name: string, resource: KindResource): void {
    const own = this.#troubles.get(name);
    if (own !== undefined && own.saidAtMs > Number.NEGATIVE_INFINITY) {
      this.#log.info({}, `${name} of ${resource.group || 'core'} can be read`);
    }
    this.#forget(name);
  }

  #begin(key: string, name: string): Trouble {
    let trouble = this.#troubles.get(key);
    if (trouble === undefined) {
      trouble = { names: new Set(), failures: 0, saidAtMs: Number.NEGATIVE_INFINITY };
      this.#troubles.set(key, trouble);
    }
    trouble.names.add(name);
    return trouble;
  }

  #forget(name: string): void {
    this.#problems.delete(name);
    this.#troubles.delete(name);
    this.#leaveServers(name);
  }

  /** The server answers this one again. */
  #leaveServers(name: string): void {
    const servers = this.#troubles.get('');
    if (servers === undefined) return;
    servers.names.delete(name);
    if (servers.names.size > 0) return;
    this.#troubles.delete('');
    this.#problems.delete('');
    if (servers.saidAtMs > Number.NEGATIVE_INFINITY) this.#log.info({}, 'the API server answers again');
  }
}

/**
 * For each watch. One that was cut is opened again within half a second, and a server that has just started refuses everybody for a second:
 * nothing to talk about. That it is asked for too much is.
 */
function failuresBeforeSaid(status: number): number {
  if (status === 429) return 0;
  return status === 0 || status >= 500 ? 1 : 3;
}

interface Trouble {
  /** Which watches have it. */
  readonly names: Set<string>;
  failures: number;
  saidAtMs: number;
}
