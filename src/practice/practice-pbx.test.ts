import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { systemClock } from "../base/clock.ts";
import { silentLogger } from "../base/logger.ts";
import { systemRandom } from "../base/random.ts";
import type { Result } from "../base/result.ts";
import { readDiversions, serializeSipUri } from "../sip/user-agent.ts";
import type { CallReport } from "./call-report.ts";
import { OutsideWorld } from "./outside-world.ts";
import { PracticePbx } from "./practice-pbx.ts";
import { SimulatedPhone } from "./simulated-phone.ts";

const surroundings = { clock: systemClock, random: systemRandom, logger: silentLogger };
const domain = "pbx.example";
const listen = { protocol: "UDP", address: "127.0.0.1", port: 0 } as const;

function got<Value>(result: Result<Value, string>): Value {
  assert.ok(result.ok, result.ok ? "" : result.failure);
  return result.value;
}

describe("the practice PBX", () => {
  let outside: OutsideWorld;
  let pbx: PracticePbx;
  let closing: { close(): Promise<void> }[];
  let reports: CallReport[];

  beforeEach(async () => {
    closing = [];
    reports = [];
    outside = got(await OutsideWorld.open(surroundings, listen));
    pbx = got(
      await PracticePbx.open({
        ...surroundings,
        listen,
        domain,
        mainNumber: "+49815136856",
        trunk: outside.uri,
        extensions: ["101", "102", "103", "104"].map((extension) => ({
          extension,
          password: `secret-${extension}`,
          name: `Person ${extension}`,
        })),
      }),
    );
    pbx.onCall((report) => reports.push(report));
    closing.push(outside, pbx);
  });

  afterEach(async () => {
    for (const party of closing.reverse()) await party.close();
  });

  async function phone(extension: string, password = `secret-${extension}`): Promise<SimulatedPhone> {
    const opened = got(
      await SimulatedPhone.open({
        ...surroundings,
        extension,
        password,
        domain,
        pbx: serializeSipUri(pbx.uri),
        listen,
        name: "Chosen Name",
      }),
    );
    closing.push(opened);
    return opened;
  }

  async function registeredPhone(extension: string): Promise<SimulatedPhone> {
    const opened = await phone(extension);
    assert.equal(await opened.register(), 200);
    return opened;
  }

  /** A phone that answers with a 302, as a line of Divert does. */
  async function redirectingPhone(extension: string, target: string): Promise<SimulatedPhone> {
    const opened = await registeredPhone(extension);
    opened.answering = {
      kind: "redirect",
      contact: `sip:${target}@${domain}`,
      diversion: `<sip:${extension}@${domain}>;reason=user-busy;counter=1`,
    };
    return opened;
  }

  const outcomes = () => reports.map(({ outcome }) => outcome);

  it("takes a registration with the right password, and takes it back", async () => {
    const changes: [string, boolean][] = [];
    pbx.onRegistration((...change) => changes.push(change));
    const one = await registeredPhone("101");
    assert.ok(pbx.isRegistered("101"));
    assert.equal(await one.unregister(), 200);
    assert.ok(!pbx.isRegistered("101"));
    assert.deepEqual(changes, [
      ["101", true],
      ["101", false],
    ]);
  });

  it("answers 403 to a wrong password, at registration and at a call", async () => {
    await registeredPhone("102");
    const intruder = await phone("101", "wrong");
    assert.equal(await intruder.register(), 403);
    assert.ok(!pbx.isRegistered("101"));
    assert.deepEqual(await intruder.call("102").outcome, { kind: "refused", status: 403 });
  });

  it("connects two phones, and hangs up at both ends", async () => {
    const one = await registeredPhone("101");
    const two = await registeredPhone("102");
    const call = one.call("102");
    assert.deepEqual(await call.outcome, { kind: "answered" });
    assert.deepEqual(call.heard, [180]);
    assert.deepEqual([pbx.callsOf("101"), pbx.callsOf("102")], [1, 1]);
    two.hangUp();
    assert.equal(await call.ended, "remote");
    assert.deepEqual([pbx.callsOf("101"), pbx.callsOf("102")], [0, 0]);
    assert.deepEqual(
      reports.map(({ caller, origin, dialled, path, outcome }) => ({
        caller,
        origin,
        dialled,
        path,
        outcome,
      })),
      [
        {
          caller: "101",
          origin: "inside",
          dialled: "102",
          path: [],
          outcome: { kind: "answered", by: "102" },
        },
      ],
    );
  });

  it("takes a call back while it rings", async () => {
    const one = await registeredPhone("101");
    const two = await registeredPhone("102");
    two.answering = { kind: "ring" };
    const call = one.call("102");
    await call.ringing;
    assert.equal(pbx.callsOf("102"), 1);
    call.hangUp();
    assert.deepEqual(await call.outcome, { kind: "cancelled" });
    assert.equal(pbx.callsOf("102"), 0);
    assert.deepEqual(outcomes(), [{ kind: "cancelled", while: "102" }]);
  });

  it("answers busy itself while the line is in a call and second call is off", async () => {
    pbx.setExtension({ extension: "102", password: "secret-102", secondCall: false });
    const one = await registeredPhone("101");
    const two = await registeredPhone("102");
    const three = await registeredPhone("103");
    two.answering = { kind: "ring" };
    const first = one.call("102");
    await first.ringing;
    assert.deepEqual(await three.call("102").outcome, { kind: "refused", status: 486 });
    assert.equal(two.received.length, 1);
    assert.deepEqual(outcomes(), [{ kind: "refused", at: "102", status: 486, cause: "busyAtPbx" }]);

    pbx.setExtension({ extension: "102", password: "secret-102", secondCall: true });
    const second = three.call("102");
    await second.ringing;
    assert.equal(two.received.length, 2);
  });

  it("follows a 302, tells the caller by 181 and carries the diversion on", async () => {
    const caller = await registeredPhone("101");
    await redirectingPhone("102", "103");
    const target = await registeredPhone("103");
    const call = caller.call("102");
    assert.deepEqual(await call.outcome, { kind: "answered" });
    assert.deepEqual(call.heard, [181, 180]);
    const diversions = target.received.flatMap(readDiversions);
    assert.deepEqual(
      diversions.map(({ address, reason, counter }) => [address.uri, reason, counter]),
      [[`sip:102@${domain}`, "user-busy", 1]],
    );
    assert.deepEqual(reports[0]?.path, [{ by: "302", extension: "102", target: "103" }]);
    assert.deepEqual(outcomes(), [{ kind: "answered", by: "103" }]);
    // The line that sent the call on is in no call.
    assert.equal(pbx.callsOf("102"), 0);
  });

  it("follows a 302 to a number outside, where somebody answers", async () => {
    const caller = await registeredPhone("101");
    await redirectingPhone("102", "+493023125001");
    assert.deepEqual(await caller.call("102").outcome, { kind: "answered" });
    assert.equal(outside.received[0]?.uri?.user, "+493023125001");
    assert.deepEqual(outcomes(), [{ kind: "answered", by: "+493023125001" }]);
  });

  it("lets the caller fail with a 302 that it does not follow", async () => {
    pbx.change({ followsRedirect: false });
    const caller = await registeredPhone("101");
    await redirectingPhone("102", "103");
    const target = await registeredPhone("103");
    assert.deepEqual(await caller.call("102").outcome, { kind: "refused", status: 480 });
    assert.equal(target.received.length, 0);
    assert.deepEqual(outcomes(), [{ kind: "refused", at: "102", status: 480, cause: "redirectNotFollowed" }]);
  });

  it("follows no 302 to a place that is not its own", async () => {
    const caller = await registeredPhone("101");
    const line = await redirectingPhone("102", "103");
    line.answering = { kind: "redirect", contact: "sip:103@elsewhere.example" };
    assert.deepEqual(await caller.call("102").outcome, { kind: "refused", status: 480 });
    assert.deepEqual(outcomes(), [{ kind: "refused", at: "102", status: 480, cause: "targetUnusable" }]);
  });

  it("ends a circle of 302s at its limit", async () => {
    pbx.change({ maxDiversions: 3, tellsForwarding: false });
    const caller = await registeredPhone("101");
    await redirectingPhone("102", "103");
    await redirectingPhone("103", "102");
    const call = caller.call("102");
    assert.deepEqual(await call.outcome, { kind: "refused", status: 480 });
    assert.deepEqual(call.heard, []);
    assert.equal(reports[0]?.path.length, 4);
    assert.deepEqual(outcomes(), [{ kind: "refused", at: "103", status: 480, cause: "tooManyDiversions" }]);
  });

  it("runs its own forwarding first: the line never sees the call", async () => {
    pbx.setExtension({ extension: "102", password: "secret-102", forwardTo: "103" });
    const caller = await registeredPhone("101");
    const line = await registeredPhone("102");
    const target = await registeredPhone("103");
    assert.deepEqual(await caller.call("102").outcome, { kind: "answered" });
    assert.equal(line.received.length, 0);
    assert.deepEqual(target.received.flatMap(readDiversions)[0]?.reason, "unconditional");
    assert.deepEqual(reports[0]?.path, [{ by: "PBX", extension: "102", target: "103" }]);
  });

  it("names an inside caller by P-Asserted-Identity and leaves From, or by From alone", async () => {
    const caller = await registeredPhone("101");
    const line = await registeredPhone("102");
    await caller.call("102").outcome;
    pbx.change({ namesCallersBy: "From" });
    await caller.call("102").outcome;
    const named = line.received.map((invite) => [
      invite.headers.get("P-Asserted-Identity"),
      invite.from.displayName,
      invite.from.uri,
    ]);
    const identity = `sip:101@${domain}`;
    assert.deepEqual(named, [
      [`"Person 101" <${identity}>`, "Chosen Name", identity],
      [undefined, "Person 101", identity],
    ]);
  });

  it("lets the world call in by main number and extension, under its own number", async () => {
    const line = await registeredPhone("102");
    const call = outside.call("+498999998123", "+49815136856102", pbx.uri);
    assert.deepEqual(await call.outcome, { kind: "answered" });
    assert.equal(line.received[0]?.headers.get("P-Asserted-Identity"), `<sip:+498999998123@${domain}>`);
    assert.deepEqual(
      reports.map(({ caller, origin }) => [caller, origin]),
      [["+498999998123", "outside"]],
    );
    call.hangUp();
    assert.equal(await call.ended, "local");

    await outside.call("anonymous", "+49815136856102", pbx.uri).outcome;
    assert.equal(line.received[1]?.from.uri, "sip:anonymous@anonymous.invalid");
  });

  it("says that a number does not exist, and that an extension is not registered", async () => {
    const caller = await registeredPhone("101");
    assert.deepEqual(await caller.call("999").outcome, { kind: "refused", status: 404 });
    assert.deepEqual(await caller.call("104").outcome, { kind: "refused", status: 480 });
    assert.deepEqual(outcomes(), [
      { kind: "refused", at: "999", status: 404, cause: "noSuchNumber" },
      { kind: "refused", at: "104", status: 480, cause: "notRegistered" },
    ]);
  });

  it("loses its registrations when told to", async () => {
    await registeredPhone("101");
    pbx.forgetRegistrations();
    assert.ok(!pbx.isRegistered("101"));
  });

  it("says why it cannot listen where another does", async () => {
    const port = pbx.uri.port ?? 0;
    const second = await PracticePbx.open({
      ...surroundings,
      listen: { ...listen, port },
      domain,
      extensions: [],
    });
    assert.ok(!second.ok && second.failure.includes("already uses this port"), JSON.stringify(second));
  });
});
