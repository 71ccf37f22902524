/** bin/divert.js, in a package of its own below node_modules: as npm installs it. */
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { after, test } from "node:test";

const repository = resolve(import.meta.dirname, "../..");
const root = mkdtempSync(join(tmpdir(), "divert-launcher-"));
const packageFolder = join(root, "node_modules", "divert");
const launcher = join(packageFolder, "bin", "divert.js");
after(() => rmSync(root, { recursive: true }));

mkdirSync(join(packageFolder, "bin"), { recursive: true });
mkdirSync(join(packageFolder, "src", "cli"), { recursive: true });
copyFileSync(join(repository, "bin", "divert.js"), launcher);
copyFileSync(join(repository, "package.json"), join(packageFolder, "package.json"));
const carried = `node-linux-${process.arch}`;
if (existsSync(join(repository, "node_modules", carried))) {
  symlinkSync(join(repository, "node_modules", carried), join(root, "node_modules", carried));
}
writeFileSync(
  join(packageFolder, "src", "cli", "main.ts"),
  `import { DatabaseSync } from "node:sqlite";
  interface Words { readonly words: readonly string[] }
  export async function main(args: readonly string[]): Promise<number> {
    const typed: Words = { words: args };
    new DatabaseSync(":memory:").close();
    const stopped = new Promise<void>((resolve) => process.once("SIGTERM", () => resolve()));
    const alive = setInterval(() => {}, 1000);
    console.log(process.versions.node, ...typed.words);
    if (args[0] !== "wait") return 3;
    await stopped;
    clearInterval(alive);
    console.log("stopped");
    return 4;
  }`,
);

/** A Node of this machine that is too old for Divert itself, as Debian has it. */
const oldNode = (process.env["PATH"] ?? "")
  .split(delimiter)
  .map((folder) => join(folder, "node"))
  .find((node) => existsSync(node) && isOld(execFileSync(node, ["--version"], { encoding: "utf8" })));

function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.slice(1).split(".").map(Number);
  return major >= 20 && (major < 24 || (major === 24 && minor < 15));
}

const nodes: readonly (readonly [string, string | undefined])[] = [
  ["the host's Node", process.execPath],
  ["the carried Node, where the host's is too old", oldNode],
];

for (const [name, node] of nodes) {
  const skip = node === undefined ? "this machine has no Node between 20 and 24.15" : false;

  test(`${name} runs the command with its words and hands back its exit status`, { skip }, async () => {
    const child = start(node, ["forward", "a b"]);
    const [output, errors] = await Promise.all([
      readAll(child.stdout),
      readAll(child.stderr),
      once(child, "exit"),
    ]);
    assert.match(output, /^\d+\.\d+\.\d+ forward a b\n$/);
    assert.equal(isOld(`v${output}`), false);
    assert.equal(errors, "");
    assert.equal(child.exitCode, 3);
  });

  test(`with ${name} SIGTERM reaches the server, which ends in its own time`, { skip }, async () => {
    const child = start(node, ["wait"]);
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    const [output] = await Promise.all([readAll(child.stdout), once(child, "exit")]);
    assert.equal(output, "stopped\n");
    assert.equal(child.exitCode, 4);
  });

  test(`with ${name} a killed launcher leaves no server behind`, { skip }, async () => {
    const child = start(node, ["wait"]);
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    // The server holds the other end of this pipe; it closes when the server is gone too.
    await once(child.stdout.resume(), "close");
  });
}

function start(node: string | undefined, args: readonly string[]) {
  const child = spawn(node ?? "node", [launcher, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  return child satisfies ChildProcess;
}
