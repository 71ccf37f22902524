/** Two softphones behind Divert, each with a line at Kamailio: what they say to each other goes through it twice. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import type { Baresip } from "./baresip.ts";
import { Capture, type CapturedDatagram } from "./capture.ts";
import { Office } from "./office.ts";
import { readAudio, shareOf } from "./tone.ts";

const tones = { anna: 400, bert: 1000, carla: 1500 };
/** 20 ms each. */
const packetsHeard = 50;

describe("two baresips behind Divert", { timeout: 120_000 }, () => {
  let office: Office;
  /** 101 by UDP, and refuses a second call. */
  let anna: Baresip;
  /** 102 by TCP, and is offered a second call. */
  let bert: Baresip;
  /** 100, registered at the PBX itself. */
  let carla: Baresip;

  before(async () => {
    const lines = { "101": "refusing", "102": "refusing" } as const;
    office = await Office.open({ lines, linePhones: ["101", "102"], callWaiting: ["102"], phones: [] });
    [anna, bert, carla] = await Promise.all([
      office.linePhone("101", "udp", tones.anna),
      office.linePhone("102", "tcp", tones.bert),
      office.colleaguePhone(tones.carla),
    ]);
  });
  after(async () => {
    await Promise.all([anna, bert, carla].map((each) => each.close()));
    await office.close();
  });

  beforeEach(() => {
    for (const each of [anna, bert, carla]) each.forget();
  });

  async function talk(caller: Baresip, number: string, callee: Baresip): Promise<void> {
    caller.tell("dial", `${number}@pbx.example`);
    await callee.happened("CALL_INCOMING");
    await caller.happened("CALL_RINGING");
    callee.tell("accept");
    await Promise.all([caller, callee].map((each) => each.happened("CALL_ESTABLISHED")));
  }

  async function hangUp(one: Baresip, other: Baresip): Promise<void> {
    one.tell("hangup");
    await other.happened("CALL_CLOSED");
    await idle();
  }

  async function idle(): Promise<void> {
    await office.divert.until(async () => (await callsOf("101")) + (await callsOf("102")) === 0);
  }

  async function callsOf(line: string): Promise<number> {
    return ((await office.divert.ask("GET", `/api/lines/${line}`)).body as { calls: number }).calls;
  }

  /** Each hears the other's tone and nothing else, and Divert hears neither. */
  async function hearEachOther(
    [one, oneHz]: readonly [Baresip, number],
    [other, otherHz]: readonly [Baresip, number],
  ): Promise<void> {
    const { divertAddress } = office;
    const hosts = [one.address, other.address, divertAddress];
    const filter = `udp and not port 5060 and (${hosts.map((host) => `dst host ${host}`).join(" or ")})`;
    const capture = await Capture.start(divertAddress, filter);
    try {
      const isRtp = (payload: Buffer): boolean => readAudio([payload]) !== undefined;
      const heardBy = (address: string, all: readonly CapturedDatagram[]) =>
        all.filter(({ destination, payload }) => destination === address && isRtp(payload));
      const all = await capture.datagrams((some) =>
        [one, other].every(({ address }) => heardBy(address, some).length >= packetsHeard),
      );
      for (const [ear, ownHz, peerHz] of [
        [one, oneHz, otherHz],
        [other, otherHz, oneHz],
      ] as const) {
        const samples = readAudio(heardBy(ear.address, all).map(({ payload }) => payload)) ?? [];
        assert.ok(shareOf(peerHz, samples) > 0.9, `${peerHz} Hz: ${shareOf(peerHz, samples)}`);
        assert.ok(shareOf(ownHz, samples) < 0.01, `${ownHz} Hz: ${shareOf(ownHz, samples)}`);
      }
      // What comes to one comes from the port at which the other listens: there is nobody between them.
      const ports = (address: string, which: "sourcePort" | "destinationPort") => [
        ...new Set(heardBy(address, all).map((datagram) => datagram[which])),
      ];
      assert.deepEqual(ports(one.address, "sourcePort"), ports(other.address, "destinationPort"));
      assert.deepEqual(ports(other.address, "sourcePort"), ports(one.address, "destinationPort"));
      assert.deepEqual(
        all.filter(({ destination }) => destination === divertAddress),
        [],
      );
    } finally {
      await capture.close();
    }
  }

  test("call each other, and each hears the other's tone, past Divert; after a hold as well", async () => {
    await talk(anna, "102", bert);
    assert.deepEqual([await callsOf("101"), await callsOf("102")], [1, 1]);
    await hearEachOther([anna, tones.anna], [bert, tones.bert]);
    for (const [holds, isHeld] of [
      [anna, bert],
      [bert, anna],
    ] as const) {
      for (const command of ["hold", "resume"]) {
        for (const each of [anna, bert]) each.forget();
        holds.tell(command);
        assert.equal(await isHeld.happened("CALL_REMOTE_SDP"), "offer", command);
        assert.equal(await holds.happened("CALL_REMOTE_SDP"), "answer", command);
      }
    }
    await hearEachOther([anna, tones.anna], [bert, tones.bert]);
    await hangUp(anna, bert);
  });

  test("dial digits in the call, which arrive at the other end (RFC 4733)", async () => {
    await talk(bert, "101", anna);
    for (const [dials, hears] of [
      [anna, bert],
      [bert, anna],
    ] as const) {
      for (const digit of ["4", "#"]) {
        dials.tell("sndcode", digit);
        assert.equal(await hears.happened("CALL_DTMF_START"), digit);
        // The key is let go.
        dials.tell("sndcode", "\u0004");
        await hears.happened("CALL_DTMF_END");
      }
    }
    await hangUp(bert, anna);
  });

  test("hear digits that the caller's side sends as INFO", async () => {
    const signal = (digit: string) =>
      ({
        method: "INFO",
        contentType: "application/dtmf-relay",
        body: `Signal=${digit}\nDuration=160\n`,
      }) as const;
    const call = office.callFromOutside("101", ["7", "*"].map(signal));
    await anna.happened("CALL_INCOMING");
    anna.tell("accept");
    assert.equal(await anna.happened("CALL_DTMF_START"), "7");
    assert.equal(await anna.happened("CALL_DTMF_START"), "*");
    await call;
    await idle();
  });

  test("are busy for a second caller, or are offered the call and hold the first, as the line has it", async () => {
    await talk(anna, "102", bert);
    // 101 has no call waiting.
    carla.tell("dial", "101@pbx.example");
    assert.match(await carla.happened("CALL_CLOSED"), /486/);
    // 102 has.
    for (const each of [anna, bert, carla]) each.forget();
    carla.tell("dial", "102@pbx.example");
    await bert.happened("CALL_INCOMING");
    await carla.happened("CALL_RINGING");
    assert.equal(await callsOf("102"), 2);
    bert.tell("accept");
    await carla.happened("CALL_ESTABLISHED");
    // baresip holds the one when it takes the other.
    assert.equal(await anna.happened("CALL_REMOTE_SDP"), "offer");
    await hearEachOther([bert, tones.bert], [carla, tones.carla]);
    for (const each of [anna, bert, carla]) each.forget();
    carla.tell("hangup");
    await bert.happened("CALL_CLOSED");
    // And takes it off hold when the other is over.
    assert.equal(await anna.happened("CALL_REMOTE_SDP"), "offer");
    await hearEachOther([anna, tones.anna], [bert, tones.bert]);
    await hangUp(anna, bert);
  });

  test("hand a caller at the PBX on to each other", async () => {
    await talk(carla, "101", anna);
    anna.tell("transfer", "sip:102@pbx.example");
    await bert.happened("CALL_INCOMING");
    bert.tell("accept");
    await bert.happened("CALL_ESTABLISHED");
    await anna.happened("CALL_CLOSED");
    await hearEachOther([bert, tones.bert], [carla, tones.carla]);
    await hangUp(bert, carla);
  });

  test("hand each other on, which Divert does itself where the PBX does not", async () => {
    await talk(anna, "102", bert);
    // Kamailio hands the REFER to the other line, which no phone of the PBX may ask for anything.
    anna.tell("transfer", "sip:100@pbx.example");
    await carla.happened("CALL_INCOMING");
    carla.tell("accept");
    await carla.happened("CALL_ESTABLISHED");
    await anna.happened("CALL_CLOSED");
    await hearEachOther([bert, tones.bert], [carla, tones.carla]);
    await hangUp(carla, bert);
  });
});
