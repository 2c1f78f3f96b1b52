import type { RequestHead } from '@fairlead/message';
import type { MatchEntry, UrlRewrite } from '../table.ts';
import { replacePath } from './replace-path.ts';

/** Replaces host and path of a head whose path is the normalised one that `entry` matched. The query stays. */
export function rewriteHead({ hostname, path }: UrlRewrite, head: RequestHead, entry: MatchEntry): void {
  if (hostname !== '') head.authority = hostname;
  if (path === null) return;
  const query = head.path.indexOf('?');
  if (query < 0) head.path = replacePath(path, head.path, entry);
  else head.path = replacePath(path, head.path.slice(0, query), entry) + head.path.slice(query);
}
