import { prepareFairlead, withFairlead } from '../installation/fairlead.ts';
import { type Suite, type SuiteContext, wants } from '../suite.ts';
import { attachRoutes } from './attach.ts';
import { editRoute } from './edits.ts';
import { liveAfter } from './live-after.ts';
import { manyRoutes } from './many-routes.ts';

export const churn: Suite = {
  name: 'churn',
  summary: 'routes by the thousand: when a route is live, edits under load, attachedRoutes, memory and CPU with 5,000',
  prepare: prepareFairlead,
  run: runChurn,
};

/** The scenarios that https://github.com/howardjohn/gateway-api-bench publishes. */
const parts: readonly { readonly name: string; run(context: SuiteContext): Promise<void> }[] = [
  { name: 'live', run: liveAfter },
  { name: 'edits', run: editRoute },
  { name: 'attach', run: attachRoutes },
  { name: 'many', run: manyRoutes },
];

async function runChurn(context: SuiteContext): Promise<void> {
  await withFairlead(context, async () => {
    for (const { name, run } of parts) {
      if (wants(context, name)) await context.checks.part(name, () => run(context));
    }
  });
}
