import { type DestinationStream, type Logger, pino } from 'pino';

export type LogLevel = (typeof logLevels)[number];
export const logLevels: readonly ['debug', 'info', 'warn', 'error'] = ['debug', 'info', 'warn', 'error'];
export type Log = Logger;

/** What the gateway says about itself, on stderr: JSON lines, or lines for people where stderr is a terminal. */
export function createLog(level: LogLevel, isTerminal: boolean): Log {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: levelName } };
  return isTerminal ? pino(options, new TerminalLines()) : pino(options, pino.destination({ fd: 2, sync: true }));
}

function levelName(label: string): { readonly level: string } {
  return { level: label };
}

/** `16:02:31 warn  message  key=value …` */
class TerminalLines implements DestinationStream {
  write(json: string): void {
    const { time, level, msg, err, ...rest } = JSON.parse(json) as Record<string, unknown>;
    const details = Object.entries(rest).map(([key, value]) => `${key}=${printed(value)}`);
    const message = [String(msg ?? ''), ...details].join('  ');
    process.stderr.write(`${String(time).slice(11, 19)} ${String(level).padEnd(5)} ${message}\n`);
    const stack = (err as { readonly stack?: string } | undefined)?.stack;
    if (stack !== undefined) process.stderr.write(`${stack}\n`);
  }
}

function printed(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
