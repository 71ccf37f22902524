/**
 * From INVITE to 302 over UDP, on the whole program: `npm run bench`, with `--json` for machines.
 * The server runs in one process, the load in another; the figures are medians of several rounds.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measureSteps } from "./redirect/steps.ts";
import type { FromGenerator, ToGenerator } from "./redirect/generator.ts";
import type { FromServer, ToServer } from "./redirect/server.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    lines: { type: "string", default: "10000" },
    calls: { type: "string", default: "50000" },
    rounds: { type: "string", default: "5" },
    window: { type: "string", default: "64" },
  },
});
const lineCount = Number(values.lines);
const calls = Number(values.calls);
const rounds = Number(values.rounds);
const window = Number(values.window);

const steps = measureSteps();
const generator = start("generator");
const { port: pbxPort } = await receive<FromGenerator, "ready">(generator, "ready");
const server = start("server");
const started = await receive<FromServer, "started">(server, "started");
tell(server, { kind: "lines", count: lineCount, pbxPort });
const registered = await receive<FromServer, "registered">(server, "registered");

// The first round warms the code up and does not count.
const results: Awaited<ReturnType<typeof round>>[] = [];
for (let index = 0; index <= rounds; index++) {
  const result = await round();
  if (index > 0) results.push(result);
}
tell(server, { kind: "close" });
await once(server, "exit");
generator.kill();

const report = {
  date: new Date().toISOString().slice(0, 10),
  machine: `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, Node ${process.version}`,
  lines: lineCount,
  callsPerRound: calls,
  rounds,
  callsPerSecond: Math.round(median(results.map((result) => result.callsPerSecond))),
  cpuMicrosPerCall: rounded(median(results.map((result) => result.cpuMicrosPerCall))),
  p50Micros: Math.round(median(results.map((result) => result.p50Micros))),
  p99Micros: Math.round(median(results.map((result) => result.p99Micros))),
  longestGcMs: rounded(Math.max(...results.map((result) => result.longestGcMs))),
  lost: results.reduce((sum, result) => sum + result.lost, 0),
  refused: results.reduce((sum, result) => sum + result.refused, 0),
  parseMicros: rounded(steps.parseMicros),
  readCallMicros: rounded(steps.readCallMicros),
  decideMicros: rounded(steps.decideMicros),
  buildMicros: rounded(steps.buildMicros),
  bytesPerLine: Math.round((registered.heapBytes - started.heapBytes) / lineCount),
  residentMegabytes: Math.round((results.at(-1)?.residentBytes ?? 0) / 1e6),
  applySeconds: rounded(registered.applyMs / 1000),
  registerSeconds: rounded(registered.registerMs / 1000),
};

if (values.json) console.log(JSON.stringify(report, undefined, 2));
else for (const [name, value] of Object.entries(report)) console.log(`${name.padEnd(18)} ${value}`);

async function round() {
  tell(server, { kind: "usage" });
  const before = await receive<FromServer, "usage">(server, "usage");
  tell(generator, { kind: "run", sipPort: started.sipPort, calls, window });
  const done = await receive<FromGenerator, "done">(generator, "done");
  tell(server, { kind: "usage" });
  const after = await receive<FromServer, "usage">(server, "usage");
  return {
    ...done,
    callsPerSecond: (done.redirected + done.refused) / done.seconds,
    cpuMicrosPerCall: (after.cpuMicros - before.cpuMicros) / (done.redirected + done.refused),
    longestGcMs: after.longestGcMs,
    residentBytes: after.residentBytes,
  };
}

function start(name: "server" | "generator"): ChildProcess {
  return fork(fileURLToPath(new URL(`redirect/${name}.ts`, import.meta.url)), {
    execArgv: name === "server" ? ["--expose-gc"] : [],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}

function tell(child: ChildProcess, message: ToServer | ToGenerator): void {
  child.send(message);
}

async function receive<Message extends { kind: string }, Kind extends Message["kind"]>(
  child: ChildProcess,
  kind: Kind,
): Promise<Extract<Message, { kind: Kind }>> {
  const { promise, resolve, reject } = Promise.withResolvers<Extract<Message, { kind: Kind }>>();
  const listen = (message: unknown): void => {
    if ((message as Message).kind === kind) resolve(message as Extract<Message, { kind: Kind }>);
  };
  const fail = (): void => reject(new Error(`the process ended before it told "${kind}"`));
  child.on("message", listen).once("exit", fail);
  return promise.finally(() => child.off("message", listen).off("exit", fail));
}

function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function rounded(figure: number): number {
  return Math.round(figure * 100) / 100;
}
