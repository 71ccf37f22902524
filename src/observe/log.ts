/** The log: JSON lines by pino, one constant message each, what varies in fields, secrets taken out. */
import { type DestinationStream, pino, type Logger as PinoLogger } from "pino";
import type { LogFields, Logger } from "../base/logger.ts";
import { redact } from "./redact.ts";

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogOptions {
  readonly level: LogLevel;
  /** Where the lines go; absent: standard output. */
  readonly destination?: DestinationStream;
}

/**
 * Opens the log. Lines are written before the call returns, so that the last ones before a crash are there; one line
 * a call and none a packet keeps that cheap. A full or closed log never ends the process.
 */
export function openLog(options: LogOptions): Logger {
  return new PinoBackedLogger(
    pino(
      {
        level: options.level,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
      },
      options.destination ?? standardOutput(),
    ),
  );
}

function standardOutput(): DestinationStream {
  const output = pino.destination({ fd: 1, sync: true });
  // A reader that has gone (EPIPE) or a full disk: calls go on, lines are lost until it heals.
  output.on("error", () => {});
  return output;
}

class PinoBackedLogger implements Logger {
  readonly #pino: PinoLogger;

  constructor(logger: PinoLogger) {
    this.#pino = logger;
  }

  debug(fields: LogFields, message: string): void {
    if (this.#pino.isLevelEnabled("debug")) this.#pino.debug(redact(fields), message);
  }

  info(fields: LogFields, message: string): void {
    if (this.#pino.isLevelEnabled("info")) this.#pino.info(redact(fields), message);
  }

  warn(fields: LogFields, message: string): void {
    if (this.#pino.isLevelEnabled("warn")) this.#pino.warn(redact(fields), message);
  }

  error(fields: LogFields, message: string): void {
    if (this.#pino.isLevelEnabled("error")) this.#pino.error(redact(fields), message);
  }

  child(fields: LogFields): Logger {
    return new PinoBackedLogger(this.#pino.child(redact(fields)));
  }
}
