/** The thread that writes the call log: a disk that is slow to sync never holds up a call. See background-call-log.ts. */
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../../base/clock.ts";
import type { LogFields, Logger } from "../../base/logger.ts";
import { Refusal } from "../../base/refusal.ts";
import type {
  CallLogWorkerData,
  FromCallLogWorker,
  PortableRefusal,
  ToCallLogWorker,
} from "./call-log-messages.ts";
import { SqliteStore } from "./sqlite-store.ts";

const port = parentPort;
if (port === null) throw new Error("this file runs as a thread of background-call-log.ts");
const { folder } = workerData as CallLogWorkerData;
const store = await SqliteStore.open({ folder, clock: systemClock, logger: loggerToParent() });

port.on("message", (message: ToCallLogWorker) => void handle(message));

async function handle(message: ToCallLogWorker): Promise<void> {
  switch (message.kind) {
    case "record":
      for (const call of message.calls) store.calls.record(call);
      // The next batch comes when this one is on disk, so that the queue fills up where drops are counted.
      await store.calls.flush();
      tell({ kind: "taken", count: message.calls.length, dropped: store.calls.dropped });
      return;
    case "find":
      try {
        tell({ kind: "found", id: message.id, page: await store.calls.find(message.query) });
      } catch (error) {
        tell({ kind: "refused", id: message.id, refusal: portable(error) });
      }
      return;
    case "flush":
      await store.calls.flush();
      tell({ kind: "done", id: message.id, dropped: store.calls.dropped });
      return;
    case "close":
      await store.close();
      tell({ kind: "done", id: message.id, dropped: store.calls.dropped });
      port?.close();
  }
}

function portable(error: unknown): PortableRefusal {
  if (error instanceof Refusal) return { code: error.code, message: error.message, faults: error.faults };
  const message = error instanceof Error ? error.message : String(error);
  return { code: "storage-unavailable", message: `The call log cannot be read: ${message}`, faults: [] };
}

function loggerToParent(): Logger {
  const send = (level: "info" | "warn" | "error") => (fields: LogFields, message: string) =>
    tell({ kind: "log", level, fields: JSON.parse(JSON.stringify(fields)) as unknown, message });
  const logger: Logger = {
    debug() {},
    info: send("info"),
    warn: send("warn"),
    error: send("error"),
    child: () => logger,
  };
  return logger;
}

function tell(message: FromCallLogWorker): void {
  port?.postMessage(message);
}
