/**
 * Where and why a text that `JSON.parse` refuses is no JSON. V8's own message tells the place only of some errors, and repeats a piece of the
 * text, which may be a secret.
 */
export function findJsonError(text: string): { readonly offset: number; readonly message: string } {
  const token =
    // biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 keeps them out of strings
    /[ \t\r\n]*(?:([{}[\]:,])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null)(?![\w.+-]))/y;
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'a value';
  for (;;) {
    const start = token.lastIndex;
    const found = token.exec(text);
    const kind = found === null ? 'nothing' : (found[1] ?? (found[2] === undefined ? 'literal' : 'string'));
    const next = follow(expected, kind, open);
    if (next === null) return { offset: skipSpace(text, start), message: `${expected} is expected here` };
    expected = next;
  }
}

type Expected =
  | 'a value'
  | 'a value or "]"'
  | 'a key in double quotes'
  | 'a key in double quotes or "}"'
  | '":"'
  | '"," or "}"'
  | '"," or "]"'
  | 'the end of the file';

/** What may come after a token; null when it may not stand there itself. Keeps `open`, the brackets around the place. */
function follow(expected: Expected, token: string, open: ('{' | '[')[]): Expected | null {
  if (token === 'string' && expected.startsWith('a key')) return '":"';
  if (token === ':' && expected === '":"') return 'a value';
  if (token === ',' && expected === '"," or "}"') return 'a key in double quotes';
  if (token === ',' && expected === '"," or "]"') return 'a value';
  if ((token === '}' && expected.endsWith('"}"')) || (token === ']' && expected.endsWith('"]"'))) {
    open.pop();
    return afterValue(open);
  }
  if (!expected.startsWith('a value')) return null;
  if (token === 'string' || token === 'literal') return afterValue(open);
  if (token !== '{' && token !== '[') return null;
  open.push(token);
  return token === '{' ? 'a key in double quotes or "}"' : 'a value or "]"';
}

function afterValue(open: readonly ('{' | '[')[]): Expected {
  const around = open.at(-1);
  if (around === undefined) return 'the end of the file';
  return around === '{' ? '"," or "}"' : '"," or "]"';
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\r\n'.includes(text[at]!)) at++;
  return at;
}
