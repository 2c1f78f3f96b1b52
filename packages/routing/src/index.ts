export { diffTables, type EntryDiff, emptyTable, isEmptyDiff, type TableDiff } from './diff.ts';
export type { Match, Matcher, RequestView } from './match.ts';
export * from './table.ts';
