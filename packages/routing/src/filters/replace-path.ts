import type { MatchEntry, PathRewrite } from '../table.ts';

/**
 * The path, without query, that a filter makes of a normalised one. By the API's table for prefix replacement the slash between prefix and
 * rest is neither doubled nor lost, and the result is never empty: `/foo/bar` with `/foo` → `/xyz/` gives `/xyz/bar`, `/foo` with `/foo`
 * → `` gives `/`. So does the prefix `/`: `/bar` with `/` → `/xyz` gives `/xyz/bar`.
 */
export function replacePath({ type, value }: PathRewrite, path: string, entry: MatchEntry): string {
  if (path === '*') return path;
  if (type === 'replaceFull') return value;
  // Only prefix entries come with a prefix replacement; of any other the whole path counts as matched.
  const rest = entry.path.type === 'prefix' ? path.slice(entry.path.value.length) : '';
  const start = value.endsWith('/') ? value.slice(0, -1) : value;
  return start + rest || '/';
}
