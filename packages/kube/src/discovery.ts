import type { KindResource } from './kind-resource.ts';
import type { KubeApi } from './kube-api.ts';
import { KubeApiError } from './kube-error.ts';

/** Which versions of which kinds the cluster serves. CRDs come and go, so nothing is remembered for long. */
export class Discovery {
  readonly #api: KubeApi;
  readonly #freshMs: number;
  readonly #answers = new Map<string, { readonly atMs: number; readonly answer: Promise<unknown> }>();

  /** Answers are shared by all who ask within `freshMs`. */
  constructor(api: KubeApi, freshMs: number) {
    this.#api = api;
    this.#freshMs = freshMs;
  }

  /**
   * The first of the resource's versions that the cluster serves; null when it serves none. Kubernetes' own groups are not asked about: they
   * are always there. Rejects with `KubeApiError` when it can't be told.
   */
  async versionOf({ group, versions, plural }: KindResource): Promise<string | null> {
    if (group === '' || group === 'discovery.k8s.io') return versions[0] ?? null;
    const served = await this.#ask<GroupAnswer>(`/apis/${group}`);
    const known = new Set((served?.versions ?? []).map(({ version }) => version));
    for (const version of versions.filter((one) => known.has(one))) {
      const list = await this.#ask<ResourcesAnswer>(`/apis/${group}/${version}`);
      if (list?.resources?.some(({ name }) => name === plural)) return version;
    }
    return null;
  }

  async #ask<T>(path: string): Promise<T | null> {
    const nowMs = performance.now();
    const before = this.#answers.get(path);
    if (before !== undefined && nowMs - before.atMs < this.#freshMs) return before.answer as Promise<T | null>;
    const answer = this.#api.get<T>(path).catch((error: unknown) => {
      if (error instanceof KubeApiError && error.status === 404) return null;
      this.#answers.delete(path);
      throw error;
    });
    this.#answers.set(path, { atMs: nowMs, answer });
    return answer;
  }
}

interface GroupAnswer {
  readonly versions?: readonly { readonly version: string }[];
}

interface ResourcesAnswer {
  readonly resources?: readonly { readonly name: string }[];
}
