import type { Filter, RequestMirror, RequestRedirect, UrlRewrite } from '../table.ts';
import { type PreparedCors, prepareCors } from './cors.ts';
import { type PreparedEdits, prepareEdits } from './header-edits.ts';

/**
 * The filters of a rule or of one of its backends, prepared when the table arrives. Null where there is none. Only mirrors may repeat; of
 * anything else the compiler lets one through. A backend's are applied after its rule's.
 */
export interface PreparedFilters {
  readonly requestEdits: PreparedEdits | null;
  readonly responseEdits: PreparedEdits | null;
  readonly redirect: RequestRedirect | null;
  readonly rewrite: UrlRewrite | null;
  /** Never empty. */
  readonly mirrors: readonly RequestMirror[] | null;
  readonly cors: PreparedCors | null;
}

export function prepareFilters(filters: readonly Filter[]): PreparedFilters {
  const requestEdits = findFilter(filters, 'requestHeaderModifier');
  const responseEdits = findFilter(filters, 'responseHeaderModifier');
  const cors = findFilter(filters, 'cors');
  const mirrors = filters.filter((filter) => filter.type === 'requestMirror');
  return {
    requestEdits: requestEdits && prepareEdits(requestEdits),
    responseEdits: responseEdits && prepareEdits(responseEdits),
    redirect: findFilter(filters, 'requestRedirect'),
    rewrite: findFilter(filters, 'urlRewrite'),
    mirrors: mirrors.length === 0 ? null : mirrors,
    cors: cors && prepareCors(cors),
  };
}

function findFilter<T extends Filter['type']>(
  filters: readonly Filter[],
  type: T,
): Extract<Filter, { type: T }> | null {
  return filters.find((filter): filter is Extract<Filter, { type: T }> => filter.type === type) ?? null;
}
