export { type Compiled, compile } from './compile.ts';
export type { CertificateFacts, CertificateReader, CompileOptions } from './compile-options.ts';
export { diffTables, type EntryDiff, emptyTable, isEmptyDiff, type TableDiff } from './diff.ts';
export type { Match, Matcher, RequestView } from './match.ts';
export { type ConditionProblem, type FieldPath, formatPath, type ObjectId } from './problems.ts';
export * from './table.ts';
