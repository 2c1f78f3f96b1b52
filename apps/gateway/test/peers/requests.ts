import { RawClient } from '../downstream/raw-client.ts';

/** What came back for one request on a connection of its own. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. Repeated fields are joined by `, `. */
  readonly headers: ReadonlyMap<string, string>;
  /** After the head, as it came. */
  readonly body: string;
  readonly text: string;
}

/** Sends octets and reads until the other side closes: ask for that with `Connection: close`. */
export async function exchange(port: number, octets: string): Promise<RawAnswer> {
  const client = await RawClient.open(port);
  client.send(octets);
  await client.endsCleanly();
  client.close();
  return parseAnswer(client.text);
}

/** `GET target` with `lines` behind Host. */
export async function get(port: number, target: string, lines: readonly string[] = []): Promise<RawAnswer> {
  const fields = lines.map((line) => `${line}\r\n`).join('');
  return exchange(port, `GET ${target} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n${fields}\r\n`);
}

export function parseAnswer(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { status: Number(first.split(' ')[1]), headers, body: text.slice(end + 4), text };
}
