export { type Compiled, compile } from './compile.ts';
export type { CertificateFacts, CertificateReader, CompileOptions, GatewayPlacement } from './compile-options.ts';
export {
  diffTables,
  type EntryDiff,
  emptyTable,
  type HostDiff,
  type HostSplice,
  isEmptyDiff,
  type TableDiff,
} from './diff.ts';
export { collectEndpoints, type EndpointOptions } from './endpoints.ts';
export {
  type ExplainedBackend,
  type ExplainedMatch,
  type ExplainedRequest,
  type Explanation,
  explainMatch,
  type LostRule,
} from './explain.ts';
export { formatExplanation } from './explain-text.ts';
export { addCorsFields, corsFields, corsPreflight, type PreparedCors } from './filters/cors.ts';
export { applyEdits, type PreparedEdits } from './filters/header-edits.ts';
export { type PreparedFilters, prepareFilters } from './filters/prepared-filters.ts';
export { type Redirection, type RedirectSource, redirectTo } from './filters/redirect.ts';
export { rewriteHead } from './filters/rewrite.ts';
export { refuseGateway } from './gateways.ts';
export { indexListenerSets } from './listener-sets.ts';
export { createMatcher, type HostName, type Match, type Matcher, type RequestView } from './match.ts';
export { type EncodedSlashes, normalizePath } from './path.ts';
export { type ConditionProblem, type FieldPath, formatPath, type ObjectId } from './problems.ts';
export * from './table.ts';
export { WeightedSequence } from './weights.ts';
