import { type Pattern, type TextShape, text } from './shape.ts';

/** The texts that Gateway API and Kubernetes use in many places. */

const label = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(?:\\.${label})*`;

function pattern(source: string, words: string): Pattern {
  return { expression: new RegExp(`^(?:${source})$`), words };
}

const subdomainPattern: Pattern = pattern(subdomain, 'lower-case letters, digits, "-" and ".", like a DNS name');
const labelPattern: Pattern = pattern(
  label,
  'lower-case letters, digits and "-", beginning and ending with a letter or digit',
);

export const objectName: TextShape = text({ minLength: 1, maxLength: 253 });
export const subdomainName: TextShape = text({ minLength: 1, maxLength: 253, pattern: subdomainPattern });
export const labelName: TextShape = text({ minLength: 1, maxLength: 63, pattern: labelPattern });

export const preciseHostname: TextShape = text({
  minLength: 1,
  maxLength: 253,
  pattern: pattern(subdomain, 'a lower-case host name such as shop.example.com'),
});

export const hostname: TextShape = text({
  minLength: 1,
  maxLength: 253,
  pattern: pattern(`(?:\\*\\.)?${subdomain}`, 'a lower-case host name such as shop.example.com or *.example.com'),
});

export const group: TextShape = text({
  maxLength: 253,
  pattern: pattern(`|${subdomain}`, 'an API group such as gateway.networking.k8s.io, or empty for core'),
});

export const kind: TextShape = text({
  minLength: 1,
  maxLength: 63,
  pattern: pattern('[a-zA-Z](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?', 'a kind such as Service'),
});

export const headerName: TextShape = text({
  minLength: 1,
  maxLength: 256,
  pattern: pattern("[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+", 'an HTTP header name: letters, digits and "-"'),
});

/** The API's `^[!-~]+([\t ]?[!-~]+)*$`, written so that no text takes exponential time. */
export const headerValue: TextShape = text({
  minLength: 1,
  maxLength: 4_096,
  pattern: pattern('[!-~]+(?:[\\t ][!-~]+)*', 'visible ASCII characters with single spaces between'),
});

export const duration: TextShape = text({
  pattern: pattern('(?:[0-9]{1,5}(?:h|m|s|ms)){1,4}', 'a duration such as 500ms, 10s or 1h30m'),
});

export const controllerName: TextShape = text({
  minLength: 1,
  maxLength: 253,
  pattern: pattern(
    `${subdomain}\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+`,
    'a domain-prefixed path such as fairlead.dev/gateway',
  ),
});

export const pathCharacters: Pattern = pattern(
  "(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+",
  "a path of letters, digits, /._~!$&'()*+,;=:@- and percent-encoded octets",
);

export const protocol: TextShape = text({
  minLength: 1,
  maxLength: 255,
  pattern: pattern(
    `[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?|.*${label}(?:\\.${label})*\\/[A-Za-z0-9]+`,
    'HTTP, HTTPS, TLS, TCP, UDP or a domain-prefixed name such as example.com/my-protocol',
  ),
});

export const addressType: TextShape = text({
  minLength: 1,
  maxLength: 253,
  // The API's own pattern lacks its parentheses and lets "Hostnames" through.
  pattern: pattern(
    `Hostname|IPAddress|NamedAddress|${subdomain}\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+`,
    'IPAddress, Hostname, NamedAddress or a domain-prefixed name',
  ),
});

export const corsOrigin: TextShape = text({
  minLength: 1,
  maxLength: 253,
  pattern: pattern(
    '\\*|https?:\\/\\/(?:(?:\\*\\.)?(?:[a-zA-Z0-9\\-]+\\.)*[a-zA-Z0-9-]+|\\*)(?::[0-9]{1,5})?',
    '"*" or an origin such as https://example.com or https://*.example.com:8443, without a path',
  ),
});

export const wellKnownCas: TextShape = text({
  minLength: 1,
  maxLength: 253,
  pattern: pattern(
    `System|${subdomain}/(?:[A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]`,
    'System or a domain-prefixed name',
  ),
});

export const uri: TextShape = text({
  minLength: 1,
  maxLength: 253,
  pattern: { expression: /^[^:/?#]+:/, words: 'an absolute URI such as spiffe://cluster.local/ns/default/sa/shop' },
});

/** Keys of labels and annotations. */
export const qualifiedName: Pattern = {
  expression: new RegExp(`^(?=[^/]{0,253}(?:/|$))(?:${subdomain}/)?(?:[A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$`),
  words: 'at most 63 letters, digits, "-", "_" and ".", with an optional DNS prefix and "/"',
};

export const labelValue: TextShape = text({
  maxLength: 63,
  pattern: pattern('(?:(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?', 'letters, digits, "-", "_" and "."'),
});

export const base64: TextShape = text({
  secret: true,
  pattern: {
    expression: /^[A-Za-z0-9+/\s]*(?:=\s*){0,2}$/,
    words: 'base64 (plain text goes into stringData)',
  },
});
