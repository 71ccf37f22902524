// `npm test`: types, lint and format first, then every test with node:test, whose own closing lines end the output.
// A check that failed is told there as well, by test/checks.test.ts, and does not keep the tests from running.
//
//   npm test                       everything
//   npm test -- src/sip 'test/**/loop*.test.ts'      only the tests of these files and folders
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const programs = join(root, "node_modules/.bin");
/** The carried Node where there is one, although this file may have been started by an older. */
const node = existsSync(join(programs, "node")) ? join(programs, "node") : process.execPath;
const environment = { ...process.env, PATH: programs + delimiter + process.env.PATH };

const checks = [
  { name: "types", command: ["tsc", "--noEmit"] },
  { name: "lint", command: ["eslint", "--max-warnings=0", "."] },
  { name: "format", command: ["prettier", "--check", "--log-level=warn", "."] },
];

/** A test that hangs must end the run with its name, not stop it. The longest installs a clone anew. */
const longestTestMs = 600_000;

const chosen = process.argv.slice(2);
const failed =
  chosen.length === 0 ? checks.filter((check) => !passes(check)).map((check) => check.name) : undefined;

const { status } = spawnSync(
  node,
  [
    "--test",
    "--test-reporter=spec",
    // Node's own default leaves one processor idle, which of two is half of the machine.
    `--test-concurrency=${String(availableParallelism())}`,
    `--test-timeout=${String(longestTestMs)}`,
    ...(chosen.length === 0 ? ["src", "test", "fuzz"] : chosen).map(toPattern),
  ],
  {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...environment, ...(failed && { DIVERT_FAILED_CHECKS: failed.join(" ") }) },
  },
);
process.exitCode = status ?? 1;

function passes({ name, command: [program, ...args] }) {
  console.log(`${name}: ${program} ${args.join(" ")}`);
  const outcome = spawnSync(join(programs, program), args, {
    cwd: root,
    env: environment,
    stdio: ["ignore", "inherit", "inherit"],
  });
  return outcome.status === 0;
}

function toPattern(path) {
  return existsSync(path) && statSync(path).isDirectory() ? join(path, "**/*.test.ts") : path;
}
