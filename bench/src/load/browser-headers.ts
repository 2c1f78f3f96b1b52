/** What a browser sends: 9 fields, about 460 octets. */
export const browserHeaders: readonly string[] = [
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
  'Accept: application/json, text/plain, */*',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-US,en;q=0.9',
  'Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=1',
  'Referer: https://app.example.com/dashboard',
  'X-Request-Id: 0d9f1b4e-5b0c-4a54-a9b1-2e7b6b7f1c11',
];
