/** An office whose phones have all been switched on again, while somebody floods the server from forged addresses. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loopbackAddress } from "../interop/loopback-address.ts";
import type { SipRequest } from "../../src/sip/message/message.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { requestOf, wireOf } from "../support/placed-call.ts";
import type { RawPeer } from "../support/raw-peer.ts";
import { TestPhone } from "../support/test-phone.ts";

const stepMs = 100;
const phoneCount = 200;
const floodPerStep = 200;
const withinMs = 2000;

/** Sends its REGISTER until it is answered, as RFC 3261 §17.1.2.2 has it, and answers the challenge. */
class ReturningPhone {
  readonly #phone: TestPhone;
  #request: SipRequest;
  #nextAt = 0;
  #waitMs = 500;
  #seen = 0;
  isBack = false;

  constructor(peer: RawPeer, username: string) {
    this.#phone = new TestPhone(peer, username);
    this.#request = this.#phone.request();
  }

  async act(now: number): Promise<void> {
    const { peer } = this.#phone;
    for (; this.#seen < peer.arrived.length; this.#seen++) {
      const message = peer.arrived[this.#seen];
      if (message?.kind !== "response" || message.cseq.number !== this.#request.cseq.number) continue;
      if (message.status === 200) this.isBack = true;
      if (message.status !== 401) continue;
      this.#request = this.#phone.answered(this.#request, message);
      [this.#nextAt, this.#waitMs] = [now, 500];
    }
    if (this.isBack || now < this.#nextAt) return;
    await peer.send(wireOf(this.#request));
    // A connection loses nothing.
    this.#nextAt = peer.protocol === "TCP" ? Infinity : now + this.#waitMs;
    this.#waitMs = Math.min(2 * this.#waitMs, 4000);
  }
}

for (const protocol of ["UDP", "TCP"] as const) {
  describe(`${phoneCount} phones behind one address, by ${protocol}`, () => {
    it("are back within two seconds while 2,000 forged REGISTERs come each second", async (test) => {
      const numbers = Array.from({ length: phoneCount }, (_, index) => String(100 + index));
      const lines = Object.fromEntries(numbers.map((number) => [number, "refusing" as const]));
      const under = await DivertUnderTest.start({ phones: true, lines });
      test.after(() => under.close());
      const pbx = await under.raw("UDP");
      const office = loopbackAddress();
      const phones = await Promise.all(
        numbers.map(async (number) => {
          const peer = await under.raw(protocol, { address: office });
          return new ReturningPhone(peer, number);
        }),
      );
      const forgers = await Promise.all(
        Array.from({ length: floodPerStep }, () => under.raw("UDP", { address: loopbackAddress() })),
      );

      for (let now = 0; now < withinMs && !phones.every(({ isBack }) => isBack); now += stepMs) {
        await flood(forgers, now);
        for (const phone of phones) await phone.act(now);
        // The PBX is answered after all that came before; and what it was told has come to the phones by then.
        await pbx.probe();
        await under.pass(stepMs);
      }
      assert.equal(phones.filter(({ isBack }) => isBack).length, phoneCount);
      await under.leavesNothing();
    });
  });
}

async function flood(forgers: readonly RawPeer[], now: number): Promise<void> {
  for (const [index, forger] of forgers.entries()) {
    const user = `<sip:${index}-${now}@divert.example>`;
    const parts = { method: "REGISTER", requestUri: "sip:divert.example", from: `${user};tag=1`, to: user };
    await forger.send(wireOf(requestOf(forger, parts)));
  }
}
