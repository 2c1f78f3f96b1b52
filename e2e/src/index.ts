export { ensureTool } from './debian-tools.ts';
export { gatewayObjects, serviceObjects } from './gateway/objects.ts';
export { runGateway, writeManifests } from './gateway/run-gateway.ts';
export { ensureGoTool } from './interop/go-tools.ts';
export { type OpenLoopOptions, type OpenLoopRun, openLoop, percentile } from './open-loop.ts';
export { cpuSeconds, residentBytes } from './process-tree.ts';
export { type CommandResult, runCommand } from './run-command.ts';
export { loadCpu, proxyCpu, StartedProcess } from './started-process.ts';
export { makeCertificateFor, type TlsFiles } from './tls-files.ts';
