/**
 * CHECKS D03: the wall clock of the real program jumps while lines are registered and a call rings. libfaketime changes what
 * the process is told of the time of day, and leaves its monotonic clock alone.
 */
import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { Program } from "../interop/program.ts";
import { acknowledge, ask, cancelOf, place, requestOf, wireOf } from "../support/placed-call.ts";
import { RawDatagrams } from "../support/raw-peer.ts";
import { ScriptedPbx } from "../support/scripted-pbx.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Debian's folder has the machine's name in it. The one for programs with threads. */
const [library] = globSync("/usr/lib/*/faketime/libfaketimeMT.so.1");

const hour = 3600;
const day = 24 * hour;
const jumps: Record<string, () => number> = {
  "an hour ahead": () => hour,
  "an hour back": () => -hour,
  "a day ahead": () => day,
  "a day back": () => -day,
  "to after January 2038, when seconds outgrow 31 bits": () =>
    Math.round((Date.UTC(2038, 1, 1) - Date.now()) / 1000),
  "and back to now": () => 0,
};

const lines = ["101", "111"];

describe("a wall clock that jumps", { skip: library === undefined && "libfaketime is not installed" }, () => {
  it("makes no line register anew, ends no call, and takes no call amiss", async (test) => {
    const folder = await mkdtemp(join(tmpdir(), "divert-clock-"));
    const address = loopbackAddress();
    const own = { address: loopbackAddress(), port: 5060 };
    const offsetFile = join(folder, "offset");
    const setClock = (seconds: number) => writeFile(offsetFile, `${seconds < 0 ? "" : "+"}${seconds}s\n`);
    await setClock(0);
    const pbx = await ScriptedPbx.open(address);
    await writeFile(join(folder, "divert.yaml"), JSON.stringify(configuration(pbx.uri)));
    const divert = new Program(
      process.execPath,
      [
        join(root, "bin/divert.js"),
        "serve",
        ...[
          "--data",
          join(folder, "data"),
          "--http",
          "127.0.0.1:0",
          "--sip",
          `udp://${own.address}:${own.port}`,
        ],
        ...["--apply", join(folder, "divert.yaml")],
      ],
      {
        folder,
        environment: {
          LD_PRELOAD: library,
          FAKETIME_TIMESTAMP_FILE: offsetFile,
          FAKETIME_NO_CACHE: "1",
          FAKETIME_DONT_FAKE_MONOTONIC: "1",
        },
      },
    );
    const peer = await RawDatagrams.open(own, { address });
    test.after(async () => {
      await divert.stop("SIGKILL");
      peer.close();
      await pbx.close();
      await rm(folder, { recursive: true, force: true });
    });

    const api = () => /"http":"([^"]+)".*"msg":"started"/.exec(divert.output)?.[1];
    const get = async (path: string): Promise<unknown> => (await fetch(`${api() ?? ""}/api${path}`)).json();
    await divert.until(() => api() !== undefined && pbx.contacts.size === lines.length);
    const contact = (line: string) => pbx.contacts.get(line) ?? "";
    const bindingRegisters = () => pbx.registers.filter(({ headers }) => headers.has("Contact")).length;
    const registered = bindingRegisters();

    const ringing = requestOf(peer, { requestUri: contact("111") });
    assert.deepEqual(await peer.statusesOf(wireOf(ringing)), [180]);

    for (const [jump, seconds] of Object.entries(jumps)) {
      await setClock(seconds());
      for (let probes = 0; probes < 100; probes++) await peer.probe();
      assert.deepEqual((await place(peer, { requestUri: contact("101") })).statuses, [302], jump);
      // It is in the log under the time of day that the process was told: the jump has taken place.
      await divert.until(async () => {
        const { calls } = (await get("/calls?line=101")) as { calls: { at: string }[] };
        const told = Date.now() + seconds() * 1000;
        return calls.some(({ at }) => Math.abs(Date.parse(at) - told) < 600_000);
      });
      for (const line of lines) {
        const { registration, calls } = (await get(`/lines/${line}`)) as {
          registration: { state: string };
          calls: number;
        };
        assert.equal(registration.state, "registered", jump);
        assert.equal(calls, line === "111" ? 1 : 0, jump);
      }
      assert.equal(bindingRegisters(), registered, `${jump}: no line registers anew`);
    }

    const [, final] = await ask(peer, cancelOf(ringing));
    assert.equal(final?.status, 487);
    await acknowledge(peer, ringing, final);
    assert.deepEqual(
      divert.output.split("\n").filter((line) => /"level":(50|60|"error"|"fatal")/.test(line)),
      [],
    );
  });
});

function configuration(registrar: string): object {
  const answers = (noPhone: string) => ({ noPhone, busy: "486" });
  return {
    sites: [
      { id: "here", countryCode: "49", areaCode: "8151", mainNumber: "36856", extensions: ["100-399"] },
    ],
    pbxs: [{ id: "hq", profile: "generic", site: "here", registrar, domain: "pbx.example" }],
    groups: [
      { id: "refusing", pbx: "hq", answers: answers("480") },
      { id: "ringing", pbx: "hq", answers: answers("180") },
    ],
    lines: lines.map((id) => ({
      id,
      group: id === "111" ? "ringing" : "refusing",
      username: id,
      password: "secret",
    })),
    forwardings: [{ line: "101", when: "always", callers: "all", target: "102" }],
  };
}
