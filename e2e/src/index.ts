export { type OpenLoopOptions, type OpenLoopRun, openLoop, percentile } from './open-loop.ts';
