import type { Service } from '@fairlead/resources';
import { Backoff, defaultBackoff, pause } from './backoff.ts';
import { fleetLabel, ownershipOf } from './gateway-service-names.ts';
import {
  planServices,
  type ServiceManifest,
  type ServicePlan,
  type ServiceSettings,
  type ServiceView,
} from './gateway-service-plan.ts';
import { collectionPath, kindResource } from './kind-resource.ts';
import type { KubeApi } from './kube-api.ts';
import { describeError, KubeApiError } from './kube-error.ts';
import type { KubeLog } from './log.ts';
import { toRawObject } from './raw-object.ts';

export interface GatewayServicesOptions {
  readonly api: Pick<KubeApi, 'list' | 'applyPatch' | 'delete'>;
  readonly settings: ServiceSettings;
  /** Asked before each deed. */
  readonly isLeader: () => boolean;
  readonly log: KubeLog;
  /** 0 … 1 */
  readonly random?: () => number;
}

const fieldManager = 'fairlead-gateway-services';
const resource = kindResource('Service');
const gapMs = 250;
/** Whatever was missed is noticed after this long. */
const longestWaitMs = 60_000;

/**
 * Keeps a LoadBalancer Service beside the fleet and an alias in its own namespace for each Gateway, as long as this replica leads. What the
 * watch shows decides whether something may have to be done; what is done is decided by a list made just before, which shows everything that
 * leaders of before have done.
 */
export class GatewayServices {
  readonly #options: GatewayServicesOptions;
  readonly #backoff: Backoff;
  #view: ServiceView | null = null;
  #wake: (() => void) | null = null;
  #isDue = false;
  #said: ReadonlySet<string> = new Set();

  constructor(options: GatewayServicesOptions) {
    this.#options = options;
    this.#backoff = new Backoff(defaultBackoff, options.random ?? Math.random);
  }

  /** Takes what is there now; the newest counts. */
  update(view: ServiceView): void {
    this.#view = view;
    this.wake();
  }

  /** To be called when this replica has become the leader, too. */
  wake(): void {
    this.#isDue = true;
    this.#wake?.();
  }

  /** Resolves when `signal` aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    let waitMs = Number.POSITIVE_INFINITY;
    while (!signal.aborted) {
      await this.#untilDue(waitMs, signal);
      if (signal.aborted) return;
      this.#isDue = false;
      const error = await this.#reconcile();
      waitMs = error === null ? Number.POSITIVE_INFINITY : this.#backoff.nextMs(error);
      if (error === null) this.#backoff.reset();
      // News are not kept waiting by what fails again and again, but they come no faster than this either.
      else await pause(gapMs, signal);
    }
  }

  async #untilDue(waitMs: number, signal: AbortSignal): Promise<void> {
    if (this.#isDue || signal.aborted) return;
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    const until = AbortSignal.any([woken.signal, signal]);
    await pause(Math.min(waitMs, longestWaitMs), until);
    this.#wake = null;
  }

  /** The first error that another try may get over; the rest was done all the same. */
  async #reconcile(): Promise<KubeApiError | null> {
    const { settings, isLeader } = this.#options;
    const view = this.#view;
    if (view === null || !isLeader()) return null;
    const seen = planServices(view, settings);
    this.#sayProblems(seen);
    if (seen.apply.length === 0 && seen.remove.length === 0) return null;
    try {
      return await this.#execute(planServices(await this.#refreshed(view), settings));
    } catch (error) {
      this.#warn('', error);
      return toApiError(error);
    }
  }

  /** `view` with the Services of the fleet as the server has them at this moment. */
  async #refreshed(view: ServiceView): Promise<ServiceView> {
    const { api, settings } = this.#options;
    const { fleet } = settings;
    const path = collectionPath(resource, 'v1', null);
    const { items } = await api.list(path, { labelSelector: `${fleetLabel}=${fleet.name}` });
    const services = new Map([...view.services].filter(([, service]) => ownershipOf(service, fleet) === null));
    for (const item of items ?? []) {
      const service = toRawObject(item) as unknown as Service;
      if (ownershipOf(service, fleet) === null) continue;
      services.set(`${service.metadata.namespace}/${service.metadata.name}`, service);
    }
    return { ...view, services };
  }

  async #execute({ apply, remove }: ServicePlan): Promise<KubeApiError | null> {
    let failed: KubeApiError | null = null;
    const deeds = [...apply.map((one) => () => this.#apply(one)), ...remove.map((one) => () => this.#remove(one))];
    for (const deed of deeds) {
      if (!this.#options.isLeader()) return null;
      const error = await deed();
      failed ??= error;
    }
    return failed;
  }

  async #apply(manifest: ServiceManifest): Promise<KubeApiError | null> {
    const { namespace = '', name } = manifest.metadata;
    return this.#try(`${namespace}/${name}`, 'applied', () =>
      this.#options.api.applyPatch(servicePath(namespace, name), manifest, fieldManager, { force: true }),
    );
  }

  async #remove({ metadata }: Service): Promise<KubeApiError | null> {
    const { namespace = '', name, uid } = metadata;
    return this.#try(`${namespace}/${name}`, 'deleted', () =>
      this.#options.api.delete(servicePath(namespace, name), uid === undefined ? undefined : { uid }),
    );
  }

  async #try(service: string, done: string, call: () => Promise<unknown>): Promise<KubeApiError | null> {
    try {
      await call();
      this.#options.log.info({ service }, `Service ${done}`);
      return null;
    } catch (error) {
      // Gone already, or made anew by somebody: the watch tells.
      if (done === 'deleted' && error instanceof KubeApiError && (error.status === 404 || error.status === 409))
        return null;
      this.#warn(service, error);
      return toApiError(error);
    }
  }

  #sayProblems({ problems }: ServicePlan): void {
    const said = new Set<string>();
    for (const { gateway, message } of problems) {
      said.add(`${gateway} ${message}`);
      if (!this.#said.has(`${gateway} ${message}`)) this.#options.log.error({ gateway }, message);
    }
    this.#said = said;
  }

  #warn(service: string, error: unknown): void {
    this.#options.log.warn(
      { service, error: describeError(error) },
      'the Services of Gateways could not be kept; trying again',
    );
  }
}

function servicePath(namespace: string, name: string): string {
  return `${collectionPath(resource, 'v1', namespace)}/${encodeURIComponent(name)}`;
}

function toApiError(error: unknown): KubeApiError {
  return error instanceof KubeApiError ? error : new KubeApiError(0, 'BadResponse', describeError(error), null, error);
}
