import { stringify } from 'yaml';
import { clientTrafficCrd } from './client-traffic-crd.ts';
import { clientTrafficDoc } from './client-traffic-doc.ts';

/** What the repository keeps of them, by path from its root. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const crd = `${heading}${stringify(clientTrafficCrd(), { lineWidth: 0 })}`;
  return new Map([
    ['config/crd/clienttrafficpolicies.yaml', crd],
    ['helm/fairlead/crds/clienttrafficpolicies.yaml', crd],
    ['docs/client-traffic-policy.md', clientTrafficDoc()],
  ]);
}

const heading = '# Made by `npm run generate` from packages/resources/src/schema/client-traffic-fields.ts.\n';
