/** What endpoints answer that deceive, by path: as soon as the head is there, after the request, and a moment after that. */
export const scripts: {
  readonly late: Readonly<Record<string, string>>;
  readonly early: Readonly<Record<string, string>>;
  readonly answers: Readonly<Record<string, string>>;
} = {
  late: {
    '/late': 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil',
    '/late-half': 'HTTP/1.1 200 OK\r\nContent-Le',
  },
  early: {
    '/early': 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly',
    '/refuses': 'HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n',
  },
  answers: {
    '/twice': 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngoodHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil',
    '/no-content': 'HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil',
    '/both-framings': 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    '/two-lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 40\r\n\r\nevil',
    '/bare-lf': 'HTTP/1.1 200 OK\r\nX: a\nSet-Cookie: evil=1\r\nContent-Length: 0\r\n\r\n',
    '/fold': 'HTTP/1.1 200 OK\r\nX: a\r\n Set-Cookie: evil=1\r\nContent-Length: 0\r\n\r\n',
    '/gzip-coding': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    '/granted': 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    '/interim': `${'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'.repeat(100)}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`,
  },
};
