/** Calls to a phone on a network that loses on both sides of Divert: the half of CHECKS D06 that is not redirected. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { createResponse } from "../../src/sip/message/build.ts";
import { readContacts } from "../../src/sip/message/contact.ts";
import type { SipMessage, SipRequest, SipResponse } from "../../src/sip/message/message.ts";
import { createAck } from "../../src/sip/transaction/hop-by-hop-requests.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { requestOf, wireOf } from "../support/placed-call.ts";
import type { RawDatagrams } from "../support/raw-peer.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { TestPhone } from "../support/test-phone.ts";

const calls = 1000;
const stepMs = 500;
const talkMs = 5_000;

/** RFC 3261 §17.1.1.2: an INVITE is sent again after twice as long each time; all else at most 4 s later (§17.1.2.2, §13.3.1.4). */
class Repeated {
  readonly #bytes: Buffer;
  readonly #mostMs: number;
  readonly #endsAt: number;
  #nextAt: number;
  #intervalMs = 500;

  constructor(message: SipMessage, now: number) {
    this.#bytes = wireOf(message);
    this.#mostMs = message.kind === "request" && message.method === "INVITE" ? Infinity : 4000;
    this.#nextAt = now;
    this.#endsAt = now + 32_000;
  }

  dueAt(now: number): Buffer | undefined {
    if (now < this.#nextAt || now >= this.#endsAt) return undefined;
    this.#nextAt = now + this.#intervalMs;
    this.#intervalMs = Math.min(2 * this.#intervalMs, this.#mostMs);
    return this.#bytes;
  }
}

/** One side of Divert: loses what it sends and what it hears, and repeats what must be repeated. */
abstract class LossyEnd {
  readonly peer: RawDatagrams;
  /** By Call-ID: what is said again until it is heard. */
  protected readonly repeated = new Map<string, Repeated>();
  protected now = 0;
  readonly #loses: () => boolean;
  #taken = 0;

  constructor(peer: RawDatagrams, loses: () => boolean) {
    this.peer = peer;
    this.#loses = loses;
  }

  async step(now: number): Promise<void> {
    this.now = now;
    for (const again of this.repeated.values()) {
      const bytes = again.dueAt(now);
      if (bytes !== undefined) await this.#send(bytes);
    }
    await this.peer.probe();
    const came = this.peer.arrived.slice(this.#taken);
    this.#taken = this.peer.arrived.length;
    for (const message of came) if (!this.#loses()) await this.hears(message);
  }

  protected abstract hears(message: SipMessage): Promise<void>;

  protected async says(message: SipMessage): Promise<void> {
    await this.#send(wireOf(message));
  }

  async #send(bytes: Buffer): Promise<void> {
    if (!this.#loses()) await this.peer.send(bytes);
  }
}

/** Calls, talks for a while once answered, and hangs up. */
class LossyCaller extends LossyEnd {
  readonly setUp = new Map<string, SipResponse>();
  readonly #invites = new Map<string, SipRequest>();
  readonly #hangsUpAt = new Map<string, number>();

  calls(requestUri: string): void {
    const invite = requestOf(this.peer, { requestUri });
    this.#invites.set(invite.callId, invite);
    this.repeated.set(invite.callId, new Repeated(invite, this.now));
  }

  override async step(now: number): Promise<void> {
    for (const [callId, at] of this.#hangsUpAt) if (now >= at) this.#hangsUp(callId);
    await super.step(now);
  }

  protected override async hears(message: SipMessage): Promise<void> {
    if (message.kind === "request") {
      if (message.method === "BYE") {
        this.#hangsUpAt.delete(message.callId);
        this.repeated.delete(message.callId);
      }
      await this.says(createResponse(message, 200));
      return;
    }
    const invite = this.#invites.get(message.callId);
    if (invite === undefined) return;
    if (message.cseq.method === "BYE") this.repeated.delete(message.callId);
    if (message.cseq.method !== "INVITE") return;
    if (message.status < 200) {
      // RFC 3261 §17.1.1.2: it has been heard.
      this.repeated.delete(message.callId);
      return;
    }
    const ack = createAck(invite, message);
    if (message.status < 300) {
      ack.headers.set("Via", this.peer.via(randomUUID()));
      if (!this.setUp.has(message.callId)) {
        this.setUp.set(message.callId, message);
        this.#hangsUpAt.set(message.callId, this.now + talkMs);
        this.repeated.delete(message.callId);
      }
    } else this.repeated.delete(message.callId);
    await this.says(ack);
  }

  #hangsUp(callId: string): void {
    this.#hangsUpAt.delete(callId);
    const success = this.setUp.get(callId);
    const [contact] = (success && readContacts(success)) ?? [];
    assert.ok(success !== undefined && typeof contact === "object");
    const bye = requestOf(this.peer, {
      method: "BYE",
      requestUri: contact.uri,
      from: success.headers.get("From") ?? "",
      to: success.headers.get("To") ?? "",
      callId,
      cseq: 2,
    });
    this.repeated.set(callId, new Repeated(bye, this.now));
  }
}

/** Answers every call at once. */
class LossyPhone extends LossyEnd {
  /** The calls that are up as far as it knows. */
  readonly talking = new Set<string>();
  readonly #answers = new Map<string, SipResponse>();

  protected override async hears(message: SipMessage): Promise<void> {
    if (message.kind === "response") return;
    const { callId } = message;
    if (message.method === "ACK") this.repeated.delete(callId);
    else if (message.method === "INVITE") await this.#answer(message);
    else {
      if (message.method === "BYE") {
        this.talking.delete(callId);
        this.repeated.delete(callId);
      }
      await this.says(createResponse(message, 200));
    }
  }

  async #answer(invite: SipRequest): Promise<void> {
    const before = this.#answers.get(invite.callId);
    if (before !== undefined) {
      await this.says(before);
      return;
    }
    const { address, port } = this.peer.local;
    const headers = [["Contact", `<sip:101@${address}:${port}>`]] as const;
    const answer = createResponse(invite, 200, undefined, { toTag: randomUUID(), headers });
    this.#answers.set(invite.callId, answer);
    this.talking.add(invite.callId);
    this.repeated.set(invite.callId, new Repeated(answer, this.now));
  }
}

describe(`${calls} calls to a phone, on a network that loses both ways`, () => {
  for (const [seed, loss, leastSetUp] of [
    [1, 0.1, Math.ceil(0.999 * calls)],
    [2, 0.3, Math.ceil(0.97 * calls)],
  ] as const) {
    it(`loses ${loss * 100} %: at least ${leastSetUp} talk, all end on both sides, and nothing is stuck`, async (test) => {
      const lines = { "101": "refusing" } as const;
      const under = await DivertUnderTest.start({ lines, phones: true, callWaiting: true });
      test.after(() => under.close());
      const random = new SeededRandom(seed);
      const loses = (): boolean => random.fraction() < loss;
      const caller = new LossyCaller(await under.rawUdp(), loses);
      const phone = new LossyPhone(await under.rawUdp({ address: loopbackAddress() }), loses);
      assert.equal((await new TestPhone(phone.peer, "101").register())?.status, 200);

      let placed = 0;
      for (let now = 0; now <= 140_000; now += stepMs) {
        for (let more = 0; more < 50 && placed < calls; more++, placed++) caller.calls(under.contact("101"));
        await caller.step(now);
        await phone.step(now);
        await under.pass(stepMs);
      }
      assert.ok(caller.setUp.size >= leastSetUp, `${caller.setUp.size} of ${calls} calls were set up`);
      assert.equal(under.divert.lines.find("101")?.callsInProgress, 0);
      await under.leavesNothing();
      assert.equal(phone.talking.size, 0);
      const logged = await under.calls();
      assert.equal(new Set(logged.map(({ from }) => from)).size, logged.length, "each is decided once");
    });
  }
});
