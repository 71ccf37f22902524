// Makes a clone ready to run: `npm start` and `npm test` call this first, with whatever Node the machine happens to
// have. Hence plain JavaScript that Node 20 understands, and nothing from node_modules.
//
//   node scripts/prepare.js          installs the packages of package-lock.json when they are missing or stale
//   node scripts/prepare.js --test   and the Debian packages that the tests need
//
// package.json chains it (`prepare.js && hash -r && exec node ...`) instead of naming it a "prestart": npm leaves pre
// scripts out in silence where a user has set `ignore-scripts`. `hash -r` makes the shell look `node` up again, since
// node_modules/.bin may have brought a newer one; `exec` hands npm's signals on to it.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Debian's package and a program that it brings: a machine of another make is asked for the program alone. */
const debianPackages = [
  { name: "sip-tester", program: "sipp" }, // callers and targets of the interop tests
  { name: "kamailio", program: "kamailio" }, // the PBX of the interop tests
  { name: "tshark", program: "tshark" }, // reads captures
  { name: "tcpdump", program: "tcpdump" }, // takes them
  { name: "iproute2", program: "ip" }, // network namespaces
  { name: "openssl", program: "openssl" }, // makes certificates
  { name: "faketime", program: "faketime" }, // a wall clock that jumps
  { name: "chromium", program: "chromium" }, // the browser of phones in a web page
  { name: "zzuf", program: "zzuf" }, // mutants of valid messages
];

installNodePackages();
requireNode();
if (process.argv.includes("--test")) installDebianPackages();

function installNodePackages() {
  const reason = staleness();
  if (reason === undefined) return;
  say(`installing the packages of package-lock.json (${reason})`);
  // Without node_modules/.bin: npm must not run on the very Node that it is about to replace.
  const path = process.env.PATH.split(delimiter).filter((folder) => !folder.startsWith(root));
  run("npm", ["ci", "--ignore-scripts", "--include=dev", "--include=optional", "--loglevel=error"], {
    ...process.env,
    PATH: path.join(delimiter),
  });
}

/** Why the installed packages are not those of the lock, or undefined. npm writes its own record last, once all is in place. */
function staleness() {
  const wanted = readPackages("package-lock.json");
  const installed = readPackages("node_modules/.package-lock.json");
  if (installed === undefined) return "none are installed";
  const missing = Object.entries(wanted)
    .filter(([path, entry]) => path !== "" && isForThisMachine(entry))
    .find(([path, entry]) => installed[path]?.integrity !== entry.integrity);
  return missing && `${missing[0].replace(/^node_modules\//, "")} is missing or of another version`;
}

function readPackages(file) {
  const path = join(root, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).packages : undefined;
}

/** What npm leaves out elsewhere without complaint. A package for another C library is never missed. */
function isForThisMachine({ os, cpu, libc }) {
  return (
    (os?.includes(process.platform) ?? true) && (cpu?.includes(process.arch) ?? true) && libc === undefined
  );
}

/** The Node that the next command will find must be new enough to run TypeScript as it stands. */
function requireNode() {
  const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const [wantedMajor, wantedMinor] = engines.node.match(/\d+/g).map(Number);
  if (existsSync(join(root, "node_modules/.bin/node"))) return;
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  stop(
    `Node ${engines.node} is needed, this is ${process.version}, and none is carried for ${process.platform}-${process.arch}.`,
  );
}

function installDebianPackages() {
  const missing = debianPackages.filter(({ program }) => !isInstalled(program)).map(({ name }) => name);
  if (missing.length === 0) return;
  const isDebian = existsSync("/etc/debian_version") && isInstalled("apt-get");
  if (!isDebian || process.getuid?.() !== 0) {
    const mend = isDebian
      ? `sudo apt-get install --no-install-recommends ${missing.join(" ")}`
      : missing.join(", ");
    stop(`the tests need programs that are not installed. Debian's packages are: ${mend}`);
  }
  say(`installing the Debian packages ${missing.join(", ")}`);
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  run("apt-get", ["update", "-qq"], environment);
  run(
    "apt-get",
    ["install", "-o", "Dpkg::Use-Pty=0", "-qq", "--yes", "--no-install-recommends", ...missing],
    environment,
  );
}

/** Debian keeps servers in /usr/sbin, which is not in everyone's PATH. */
function isInstalled(program) {
  const folders = [...process.env.PATH.split(delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => existsSync(join(folder, program)));
}

function run(program, args, environment) {
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    env: environment,
    // Standard output stays clean for what is run afterwards.
    stdio: ["ignore", process.stderr, process.stderr],
  });
  if (status !== 0) stop(`"${program} ${args.join(" ")}" failed${error ? `: ${error.message}` : ""}`);
}

function say(text) {
  console.error(`prepare: ${text}`);
}

function stop(text) {
  say(text);
  process.exit(1);
}
