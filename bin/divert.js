#!/usr/bin/env node
// The launcher: plain JavaScript, so that it starts with any Node from 20 on. Divert itself needs a newer one
// (TypeScript without a build, node:sqlite): where the host's is too old, the Node that comes with the package takes over.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { dirname, join, resolve, sep } from "node:path";

const oldestMajor = 24;
const oldestMinor = 15;
const packageRoot = resolve(dirname(fileURLToPath(import.meta.url)), "..");

function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

/** Path of the carried Node; looked for as a dependency of this package, wherever npm has hoisted or linked it. */
function findCarriedNode() {
  const require = createRequire(join(packageRoot, "package.json"));
  try {
    return join(dirname(require.resolve(`node-linux-${process.arch}/package.json`)), "bin", "node");
  } catch {
    // Not installed: an optional dependency, for Linux on x64 and arm64 alone.
    return undefined;
  }
}

function startWithCarriedNode(node) {
  const script = fileURLToPath(import.meta.url);
  // The channel carries nothing. It closes when this process dies, by SIGKILL too, and the server then ends with it.
  const child = spawn(node, [script, ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, DIVERT_LAUNCHED: "1" },
  });
  const isTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR2"]) {
    // A terminal's Ctrl-C reaches the whole process group: passed on, it would count as a second one, which ends at once.
    process.on(signal, () => {
      if (!(isTerminal && (signal === "SIGINT" || signal === "SIGQUIT"))) child.kill(signal);
    });
  }
  child.on("error", (error) => {
    process.stderr.write(`divert: the carried Node could not be started: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on("exit", (status, signal) => {
    process.exitCode = status ?? 128 + (signal ? constants.signals[signal] : 0);
  });
}

/** Node strips no types below node_modules, which is where an installed package lies: there we have it do so for our own files. */
async function allowTypesBelowNodeModules() {
  if (!packageRoot.split(sep).includes("node_modules")) return;
  const { registerHooks, stripTypeScriptTypes } = await import("node:module");
  const { readFileSync } = await import("node:fs");
  const ownSource = pathToFileURL(join(packageRoot, "src") + sep).href;
  registerHooks({
    load(url, context, nextLoad) {
      if (!url.startsWith(ownSource) || !url.endsWith(".ts")) return nextLoad(url, context);
      const source = stripTypeScriptTypes(readFileSync(fileURLToPath(url), "utf8"));
      return { format: "module", source, shortCircuit: true };
    },
  });
}

/** stripTypeScriptTypes and node:sqlite are announced as experimental on each start; for an operator that is noise. */
function silenceExperimentalWarnings() {
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning, ...rest) => {
    const type = typeof rest[0] === "object" ? rest[0]?.type : rest[0];
    if (type !== "ExperimentalWarning") emitWarning.call(process, warning, ...rest);
  };
}

if (isNewEnough(process.versions.node)) {
  if (process.env.DIVERT_LAUNCHED) {
    delete process.env.DIVERT_LAUNCHED;
    process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
    process.channel?.unref();
  }
  silenceExperimentalWarnings();
  await allowTypesBelowNodeModules();
  const { main } = await import("../src/cli/main.ts");
  process.exit(await main(process.argv.slice(2)));
} else {
  const carried = findCarriedNode();
  if (carried) {
    startWithCarriedNode(carried);
  } else {
    process.stderr.write(
      `divert needs Node ${oldestMajor}.${oldestMinor} or newer; this is ${process.versions.node}, and the Node that comes ` +
        "with the package is not installed. Run `npm ci --ignore-scripts`, or install a newer Node.\n",
    );
    process.exitCode = 1;
  }
}
