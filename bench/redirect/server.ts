/** The server under load, as it ships, in a process of its own. Told what to do by messages of the benchmark. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "../../src/base/logger.ts";
import { startDivert } from "../../src/main.ts";
import { installation } from "./installation.ts";

export type ToServer =
  | { readonly kind: "lines"; readonly count: number; readonly pbxPort: number }
  | { readonly kind: "usage" }
  | { readonly kind: "close" };

export type FromServer =
  | { readonly kind: "started"; readonly sipPort: number; readonly heapBytes: number }
  | {
      readonly kind: "registered";
      readonly heapBytes: number;
      readonly residentBytes: number;
      readonly applyMs: number;
      readonly registerMs: number;
    }
  | {
      readonly kind: "usage";
      readonly cpuMicros: number;
      readonly residentBytes: number;
      readonly longestGcMs: number;
    };

const folder = await mkdtemp(join(tmpdir(), "divert-bench-"));
const divert = await startDivert({
  dataFolder: folder,
  http: { host: "127.0.0.1", port: 0 },
  sip: ["udp://127.0.0.1:0"],
  environment: {},
  logger: silentLogger,
});

let longestGcMs = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) longestGcMs = Math.max(longestGcMs, duration);
}).observe({ entryTypes: ["gc"] });

send({ kind: "started", sipPort: divert.sip[0]?.port ?? 0, heapBytes: heapBytes() });

process.on("message", (message: ToServer) => void handle(message));

async function handle(message: ToServer): Promise<void> {
  switch (message.kind) {
    case "lines": {
      const begun = performance.now();
      await divert.directory.apply(installation(message.count, message.pbxPort));
      const applied = performance.now();
      while (countRegistered() < message.count) await new Promise((resolve) => setTimeout(resolve, 50));
      const registerMs = performance.now() - applied;
      send({
        kind: "registered",
        heapBytes: heapBytes(),
        residentBytes: process.memoryUsage.rss(),
        applyMs: applied - begun,
        registerMs,
      });
      return;
    }
    case "usage": {
      const { user, system } = process.cpuUsage();
      send({
        kind: "usage",
        cpuMicros: user + system,
        residentBytes: process.memoryUsage.rss(),
        longestGcMs,
      });
      longestGcMs = 0;
      return;
    }
    case "close":
      // The benchmark's PBX is gone by now: nobody is left to de-register at.
      await rm(folder, { recursive: true, force: true });
      process.exit(0);
  }
}

function countRegistered(): number {
  let count = 0;
  for (const line of divert.lines.all()) if (line.registration.state === "registered") count++;
  return count;
}

function heapBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function send(message: FromServer): void {
  process.send?.(message);
}
