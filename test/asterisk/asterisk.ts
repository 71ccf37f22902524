/**
 * A real Asterisk as the PBX of a test. Debian 12 has none: one is taken from another suite, into a folder of its own,
 * where it runs with a changed root. Takes root, the network and two minutes once.
 */
import { existsSync } from "node:fs";
import { chmod, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program } from "../interop/program.ts";

/** Tried in this order: suites lose the package and get it back. */
const suites = ["forky", "sid"];
const mirror = "http://deb.debian.org/debian";

/** `ASTERISK_ROOT`: a folder that may stay for the next run. */
const root = process.env["ASTERISK_ROOT"] ?? join(tmpdir(), "divert-asterisk");
const scripts = "/usr/share/debootstrap/scripts";

export interface AsteriskOptions {
  readonly address: string;
  readonly port: number;
  /** Accounts and their passwords, with what is particular of each in its endpoint: `redirect_method=uri_core`. */
  readonly accounts: Readonly<
    Record<string, { readonly password: string; readonly keys?: readonly string[] }>
  >;
  /** How long a line rings. */
  readonly ringSeconds: number;
}

export class Asterisk {
  readonly #program: Program;

  private constructor(program: Program) {
    this.#program = program;
  }

  /** Resolves when it answers. One at a time: all use the same folder. */
  static async start(options: AsteriskOptions): Promise<Asterisk> {
    await install();
    const etc = join(root, "etc/asterisk");
    for (const [name, text] of Object.entries(configuration(options))) await writeFile(join(etc, name), text);
    // Registrations of the run before would be found here.
    await rm(join(root, "var/lib/asterisk/astdb.sqlite3"), { force: true });
    await mkdir(join(root, "var/run/asterisk"), { recursive: true });
    const program = new Program("chroot", [root, "/usr/sbin/asterisk", "-f", "-q"]);
    const asterisk = new Asterisk(program);
    try {
      await program.until(() => asterisk.#isReady());
    } catch (error) {
      await asterisk.close();
      throw error;
    }
    return asterisk;
  }

  /** What its command line says to a command. */
  async ask(command: string): Promise<string> {
    const asked = new Program("chroot", [root, "/usr/sbin/asterisk", "-rx", command]);
    await asked.ended;
    return asked.output;
  }

  async close(): Promise<void> {
    await this.#program.stop("SIGKILL");
  }

  async #isReady(): Promise<boolean> {
    return /System uptime/.test(await this.ask("core show uptime"));
  }
}

async function install(): Promise<void> {
  if (existsSync(join(root, "usr/sbin/asterisk"))) return;
  if (process.getuid?.() !== 0) throw new Error("an Asterisk is installed by root alone");
  for (const suite of suites) {
    await rm(root, { recursive: true, force: true });
    // An older debootstrap has no script for a suite that was named since; they are all alike.
    if (!existsSync(join(scripts, suite))) await symlink("sid", join(scripts, suite));
    if (!(await succeeds("debootstrap", ["--variant=minbase", suite, root, mirror]))) continue;
    const refuseToStart = join(root, "usr/sbin/policy-rc.d");
    await writeFile(refuseToStart, "#!/bin/sh\nexit 101\n");
    await chmod(refuseToStart, 0o755);
    const apt = [
      "apt-get",
      "install",
      "-y",
      "--no-install-recommends",
      "-o",
      "Acquire::Check-Valid-Until=false",
    ];
    if (await succeeds("chroot", [root, ...apt, "asterisk"])) return;
  }
  throw new Error(`no Asterisk is to be had from ${suites.join(" or ")}: is debootstrap installed?`);
}

async function succeeds(name: string, args: readonly string[]): Promise<boolean> {
  const { code } = await new Program(name, args).ended;
  return code === 0;
}

function configuration({
  address,
  port,
  accounts,
  ringSeconds,
}: AsteriskOptions): Readonly<Record<string, string>> {
  const endpoints = Object.entries(accounts).flatMap(([name, { password, keys = [] }]) => [
    `[${name}]`,
    "type=endpoint",
    "context=office",
    "disallow=all",
    "allow=alaw,ulaw",
    `auth=${name}`,
    `aors=${name}`,
    `callerid="User ${name}" <${name}>`,
    "direct_media=no",
    ...keys,
    `[${name}]`,
    "type=auth",
    "auth_type=userpass",
    `username=${name}`,
    `password=${password}`,
    `[${name}]`,
    "type=aor",
    "max_contacts=1",
    "remove_existing=yes",
    "minimum_expiration=10",
  ]);
  return {
    "pjsip.conf": [
      "[udp]",
      "type=transport",
      "protocol=udp",
      `bind=${address}:${port}`,
      ...endpoints,
      "",
    ].join("\n"),
    "extensions.conf": ["[office]", `exten => _[12]XX,1,Dial(PJSIP/\${EXTEN},${ringSeconds})`, ""].join("\n"),
    "rtp.conf": "[general]\nrtpstart=20000\nrtpend=20200\n",
  };
}
