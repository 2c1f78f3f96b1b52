import { checkReport } from './check-report.ts';
import { checkText } from './check-text.ts';
import { commonOptions, guarded, type Output, parseFlags, processOutput } from './command.ts';
import { loadOffline } from './offline.ts';
import { createStyle } from './style.ts';

const usage = `usage: fairlead check DIR [--json]

Says what a directory of manifests would do, without serving it: the conditions of every Gateway and route, and each problem with its file,
line and field. Exit code 1 when there is an error, 0 otherwise; warnings are allowed.

  --json   one JSON object
  --help
`;

export function check(args: readonly string[], output: Output = processOutput): Promise<number> {
  return guarded(usage, output, async () => {
    const { values, positionals } = parseFlags(args, commonOptions, ['DIR']);
    const report = checkReport(await loadOffline(positionals[0]!), Date.now());
    const text = values.json
      ? `${JSON.stringify(report, null, 2)}\n`
      : checkText(report, createStyle(output.isTerminal));
    output.stdout(text);
    return report.ok ? 0 : 1;
  });
}
