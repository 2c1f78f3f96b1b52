import { clientTrafficFields, type PlacedField, type PolicyValue, placedFields } from '@fairlead/resources';
import { defaultSettings } from '../settings.ts';

export function clientTrafficDoc(): string {
  const rows = placedFields(clientTrafficFields).map(toRow);
  const header = ['field', 'type', 'default', 'meaning'];
  const widths = header.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return `${intro}\n${[line(header), rule, ...rows.map(line)].join('\n')}\n${outro}`;
}

function toRow({ path, field }: PlacedField): readonly string[] {
  return [`\`${path.join('.')}\``, typeOf(field.value), defaultOf(field.setting, field.value), field.meaning];
}

function typeOf(value: PolicyValue): string {
  switch (value.type) {
    case 'duration':
      return `duration, ${value.min} to ${value.max}${value.off ? ', or 0s' : ''}`;
    case 'size':
      return `octets, ${toSize(value.min)} to ${toSize(value.max)}`;
    case 'count':
      return `${value.min} to ${value.max}`;
    case 'percent':
      return 'percentage';
    case 'choice':
      return Object.keys(value.choices).map(quoted).join(', ');
    case 'networks':
      return `up to ${value.maxItems} CIDRs or addresses`;
    case 'texts':
      return `up to ${value.maxItems} texts`;
  }
}

function defaultOf(setting: string, type: PolicyValue): string {
  let value: unknown = defaultSettings.downstream;
  for (const step of setting.split('.')) value = (value as Readonly<Record<string, unknown>>)[step];
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(quoted).join(', ');
  if (type.type === 'choice') return quoted(Object.keys(type.choices).find((word) => type.choices[word] === value)!);
  if (type.type === 'percent') return `\`${Number(((value as number) * 100).toFixed(6))}%\``;
  return quoted(
    type.type === 'duration'
      ? toDuration(value as number)
      : type.type === 'size'
        ? toSize(value as number)
        : `${value}`,
  );
}

function quoted(text: string): string {
  return `\`${text}\``;
}

function toDuration(ms: number): string {
  if (ms % 1_000 !== 0) return `${ms}ms`;
  if (ms % 60_000 !== 0 || ms === 0) return `${ms / 1_000}s`;
  return ms % 3_600_000 === 0 ? `${ms / 3_600_000}h` : `${ms / 60_000}m`;
}

function toSize(octets: number): string {
  for (const [suffix, unit] of units) if (octets >= unit && octets % unit === 0) return `${octets / unit}${suffix}`;
  return String(octets);
}

const units = [
  ['Gi', 2 ** 30],
  ['Mi', 2 ** 20],
  ['Ki', 2 ** 10],
] as const;

const intro = `<!-- Made by \`npm run generate\` from packages/resources/src/schema/client-traffic-fields.ts. -->

# ClientTrafficPolicy

How the clients of a Gateway are dealt with: limits, deadlines, HTTP/2, PROXY protocol, and how long-lived connections are spread anew.

\`\`\`yaml
apiVersion: fairlead.dev/v1alpha1
kind: ClientTrafficPolicy
metadata: { name: public, namespace: shop }
spec:
  targetRefs:
    - { group: gateway.networking.k8s.io, kind: Gateway, name: edge, sectionName: https }
  timeouts: { requestHead: 5s }
  headers: { maxSize: 32Ki }
  recycling: { maxAge: 1h, goawayChance: 0.1% }
\`\`\`

The CRD is [config/crd/clienttrafficpolicies.yaml](../config/crd/clienttrafficpolicies.yaml).

## Which policy holds

- A target is a Gateway of the policy's namespace, or with \`sectionName\` one of its listeners. A listener's policy replaces that of its Gateway as a whole; nothing is merged. What a policy does not set has its default.
- Of several policies for the same target the oldest holds, then the first by name. The others have \`Accepted: False\` with reason \`Conflicted\`.
- A policy with an invalid value holds nowhere: \`Accepted: False\`, reason \`Invalid\`. A target that is not there: \`TargetNotFound\`.
- With TLS, the server name finds the listener and its policy. What is decided before that (the time for the handshake, PROXY protocol) belongs to the socket.
- Without TLS, all that concerns connections belongs to the socket; only \`path.escapedSlashesAction\` is the listener's when others share it.
- Listeners of one address and port share a socket. If their policies say the same, that holds for it; otherwise the policy that the oldest Gateway there has as a whole, or the defaults if it has none: a policy for one listener never reaches another. A policy that loses something by this has the condition \`Overridden\` with reason \`SharedSocket\`, and \`fairlead check\` warns.
- A change holds for new connections at once and for open ones from what they read next. No connection is closed by it.

The status names every target with its conditions; the Gateway has the condition \`fairlead.dev/ClientTrafficPolicyAffected\`.

## Fields

All are optional and stand under \`spec\`. Durations are those of Gateway API (\`500ms\`, \`1h30m\`), octets are numbers or texts such as \`64Ki\`, percentages are texts with up to six decimals such as \`0.1%\`.
`;

const outro = `
Defaults can be different where \`--trusted-proxies\` is given to \`fairlead run\`: a policy without \`clientIPDetection.trustedCIDRs\` keeps those.
`;
