import { randomUUID } from 'node:crypto';
import { type ClusterAccess, GatewayServices, KubeApi, Lease, loadClusterAccess } from '@fairlead/kube';
import type { Log } from '../observe/log.ts';
import { ClusterBinds, podAddresses } from './cluster-binds.ts';
import { ClusterStatuses } from './cluster-statuses.ts';
import { controllerName } from './compile-defaults.ts';
import { toServiceView } from './service-view.ts';
import { KubeSource } from './source/kube-source.ts';
import type { SourceUpdate } from './source/source-update.ts';

export interface ClusterModeOptions {
  /** See `ClusterAccessOptions`. */
  readonly kubeconfig: string | null;
  readonly context: string | null;
  /** Null: the one of the credentials. */
  readonly namespace: string | null;
  readonly podName: string;
  /** Name of the installation: the pods' label app.kubernetes.io/instance. */
  readonly fleet: string;
  readonly clusterDomain: string;
  /** See `ServiceSettings`. */
  readonly externalTrafficPolicy: 'Cluster' | 'Local';
  readonly loadBalancerClass: string | null;
  /** Internal port by the listener port that nodes open for it. */
  readonly hostPorts?: ReadonlyMap<number, number>;
  /** Of Gateways that no load balancer has given one. */
  readonly addresses?: readonly string[];
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly onUpdate: (update: SourceUpdate) => void;
}

/** A status of a Service seldom comes alone. */
const observedMs = 20;
/** Leaves time for another try before a leader has to give up. */
const leaseTimeoutMs = 4_000;

/** What a replica needs to live in a cluster. */
export class ClusterMode {
  readonly api: KubeApi;
  readonly source: KubeSource;
  /** Who of the fleet writes. */
  readonly lease: Lease;
  /** What the cluster is told. */
  readonly statuses: ClusterStatuses;
  /** Where this replica and what belongs to its fleet are. */
  readonly namespace: string;
  readonly podName: string;
  readonly #access: ClusterAccess;
  readonly #options: ClusterModeOptions;
  readonly #services: GatewayServices;
  readonly #binds: ClusterBinds;
  #update: SourceUpdate | null = null;
  #observedTimer: NodeJS.Timeout | null = null;
  #signal: AbortSignal = AbortSignal.abort();
  #ended: Promise<unknown> = Promise.resolve();

  private constructor(access: ClusterAccess, options: ClusterModeOptions) {
    const { log, podName, version, fleet: name, clusterDomain, externalTrafficPolicy, loadBalancerClass } = options;
    this.#access = access;
    this.#options = options;
    this.podName = podName;
    this.namespace = options.namespace ?? access.namespace;
    const userAgent = `fairlead/${version} (${podName})`;
    this.api = new KubeApi(access, { userAgent });
    const selector = { 'app.kubernetes.io/name': 'fairlead', 'app.kubernetes.io/instance': name };
    const fleet = { namespace: this.namespace, name, selector };
    this.#binds = new ClusterBinds({
      fleet,
      listenOn: podAddresses(),
      ownAddresses: options.addresses ?? [],
      pendingOf: (gateway) => this.statuses.pendingOf(gateway),
    });
    this.source = new KubeSource({
      api: this.api,
      controllerName,
      log,
      onUpdate: (update) => this.#pass(update),
      onObserved: () => {
        this.statuses.noteObserved();
        this.#noteObserved();
      },
    });
    const identity = `${podName}_${randomUUID()}`;
    const leaseApi = new KubeApi(access, { userAgent, timeoutMs: leaseTimeoutMs });
    this.lease = new Lease({
      api: leaseApi,
      namespace: this.namespace,
      name: `${name}-leader`,
      identity,
      onChange: (isLeader) => {
        this.statuses.noteLeader(isLeader);
        this.#services.wake();
      },
      beforeRelease: () => this.statuses.finish(),
      log,
    });
    this.statuses = new ClusterStatuses({
      api: this.api,
      leaseApi,
      store: this.source.store,
      controllerName,
      fleet,
      podName,
      podUid: options.env.POD_UID || null,
      identity,
      isLeader: () => this.lease.isLeader,
      log,
      onPending: () => this.#noteObserved(),
    });
    this.#services = new GatewayServices({
      api: this.api,
      settings: {
        fleet,
        clusterDomain,
        externalTrafficPolicy,
        loadBalancerClass,
        hostPorts: options.hostPorts ?? new Map(),
      },
      isLeader: () => this.lease.isLeader,
      log,
    });
  }

  /** Finds the cluster without speaking to it. Throws `ClusterAccessError` when there is none. */
  static async find(options: ClusterModeOptions): Promise<ClusterMode> {
    return new ClusterMode(await loadClusterAccess(options), options);
  }

  /** Follows the cluster until `signal` aborts. */
  start(signal: AbortSignal): void {
    const { server, name } = this.#access;
    const fields = { server: server.href, context: name, namespace: this.namespace };
    this.#options.log.info(fields, 'following the cluster');
    this.#signal = signal;
    signal.addEventListener('abort', () => clearTimeout(this.#observedTimer ?? undefined), { once: true });
    this.source.start(signal);
    this.#ended = Promise.all([this.lease.run(signal), this.#services.run(signal), this.statuses.run(signal)]);
  }

  /** Resolves some time after the signal, when nothing is under way any more and others know that this replica is gone. */
  get ended(): Promise<void> {
    return this.#ended.then(() => {});
  }

  #pass(update: SourceUpdate): void {
    const { store } = this.source;
    const places = this.#binds.read(update.state.services, store.observed('Service'));
    this.#update = { ...update, places };
    this.#options.onUpdate(this.#update);
    this.#services.update(toServiceView(update.state, store.observed('Gateway').keys()));
  }

  /** Load balancers write addresses into statuses; other replicas may serve what they did not. */
  #noteObserved(): void {
    if (this.#signal.aborted) return;
    this.#observedTimer ??= setTimeout(() => {
      this.#observedTimer = null;
      if (this.#update === null) return;
      const places = this.#binds.read(this.#update.state.services, this.source.store.observed('Service'));
      if (places === this.#update.places) return;
      this.#update = { ...this.#update, places };
      this.#options.onUpdate(this.#update);
    }, observedMs);
  }
}
