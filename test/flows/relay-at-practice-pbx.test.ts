/** The practice PBX told to follow no 302: what Divert relays there arrives all the same, with password, trunk and hang-up. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { Result } from "../../src/base/result.ts";
import type { Divert } from "../../src/main.ts";
import { startDivert } from "../../src/main.ts";
import { OutsideWorld } from "../../src/practice/outside-world.ts";
import {
  createAccounts,
  directDial,
  office,
  writeConfiguration,
} from "../../src/practice/practice-office.ts";
import { PracticePbx } from "../../src/practice/practice-pbx.ts";
import { SimulatedPhone } from "../../src/practice/simulated-phone.ts";
import { serializeSipUri } from "../../src/sip/user-agent.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";

const surroundings = { clock: systemClock, random: systemRandom, logger: silentLogger };

describe("at a practice PBX that follows no 302", () => {
  const address = loopbackAddress();
  const point = { protocol: "UDP", address, port: 0 } as const;
  const closing: (() => Promise<unknown>)[] = [];
  let outside: OutsideWorld;
  let pbx: PracticePbx;
  let divert: Divert;
  const accounts = createAccounts(() => systemRandom.token(64));

  function open<Opened extends { close(): Promise<unknown> }>(opened: Result<Opened, string>): Opened {
    assert.ok(opened.ok);
    closing.push(() => opened.value.close());
    return opened.value;
  }

  async function phone(extension: string): Promise<SimulatedPhone> {
    const account = accounts.find((each) => each.extension === extension);
    assert.ok(account !== undefined);
    const { password } = account;
    const opened = open(
      await SimulatedPhone.open({
        ...surroundings,
        extension,
        password,
        domain: office.domain,
        pbx: serializeSipUri(pbx.uri),
        listen: point,
      }),
    );
    assert.equal(await opened.register(), 200);
    return opened;
  }

  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), "divert-relay-"));
    closing.push(() => rm(folder, { recursive: true, force: true }));
    outside = open(await OutsideWorld.open(surroundings, point));
    pbx = open(
      await PracticePbx.open({
        ...surroundings,
        listen: point,
        domain: office.domain,
        extensions: accounts,
        mainNumber: directDial,
        trunk: outside.uri,
        settings: { followsRedirect: false },
      }),
    );
    const applyFile = join(folder, "divert.yaml");
    const file = writeConfiguration(`${serializeSipUri(pbx.uri)};transport=udp`, accounts);
    await writeFile(applyFile, file.replace("redirect: yes", "redirect: no"));
    const { promise, resolve } = Promise.withResolvers<true>();
    pbx.onRegistration(() => {
      if (["101", "102", "103", "104"].every((line) => pbx.isRegistered(line))) resolve(true);
    });
    divert = await startDivert({
      dataFolder: join(folder, "data"),
      http: { host: "127.0.0.1", port: 0 },
      sip: [`udp://${loopbackAddress()}:0`],
      applyFile,
      environment: {},
      logger: silentLogger,
    });
    closing.push(() => divert.close());
    await promise;
  });

  after(async () => {
    for (const close of closing.reverse()) await close();
  });

  it("a colleague's call is relayed to the reception, and both ends hear when one hangs up", async () => {
    const caller = await phone("105");
    const reception = await phone("500");
    const call = caller.call("101");
    assert.deepEqual(await call.outcome, { kind: "answered" });
    assert.ok(call.heard.includes(181));
    assert.match(
      reception.received[0]?.headers.get("Diversion") ?? "",
      /101@pbx\.example>;reason=unconditional/,
    );
    assert.equal(divert.lines.find("101")?.callsInProgress, 0);
    reception.hangUp();
    assert.equal(await call.ended, "remote");
  });

  it("a call from outside is relayed to the outside, over the line", async () => {
    const call = outside.call("+4930555555", `${directDial}101`, pbx.uri);
    assert.deepEqual(await call.outcome, { kind: "answered" });
    assert.equal(outside.received[0]?.uri?.user, "+493023125001");
    call.hangUp();
    assert.equal(await call.ended, "local");
  });

  it("a target that is busy is told as busy", async () => {
    const caller = await phone("106");
    const target = await phone("105");
    target.answering = { kind: "refuse", status: 486 };
    assert.deepEqual(await caller.call("104").outcome, { kind: "refused", status: 486 });
  });
});
