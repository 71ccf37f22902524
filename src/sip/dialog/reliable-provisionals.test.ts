import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { createCore } from "../../../test/support/invite-surroundings.ts";
import { incomingRequest } from "../../../test/support/messages.ts";
import { SeededRandom } from "../../../test/support/seeded-random.ts";
import { createResponse } from "../message/build.ts";
import { ReliableProvisionals } from "./reliable-provisionals.ts";

function begin(seed = 1) {
  const clock = new FakeClock();
  const invite = incomingRequest("INVITE");
  /** What left, by RSeq; copies too. */
  const sent: number[] = [];
  const told: string[] = [];
  const { transactionOf, log } = createCore();
  const provisionals = new ReliableProvisionals(clock, new SeededRandom(seed), {
    send: (response) => sent.push(Number(response.headers.get("RSeq"))),
    unanswered: () => told.push("unanswered"),
  });
  const send = (body = "", onPrack?: () => void): void =>
    provisionals.send(
      (number) =>
        createResponse(invite, 180, undefined, {
          headers: [["RSeq", String(number)]],
          body: Buffer.from(body),
        }),
      onPrack,
    );
  const prack = (number: number, rest = "1 INVITE", body = ""): void => {
    const headers = [["RAck", `${number} ${rest}`]] as const;
    const request = incomingRequest("PRACK", { headers, body: Buffer.from(body) });
    provisionals.take(transactionOf(request), request);
  };
  return { clock, provisionals, sent, told, send, prack, log };
}

describe("the reliable provisional responses of a dialog", () => {
  it("are sent one by one, each when the one before is acknowledged", () => {
    const { sent, send, prack, log } = begin();
    send();
    send();
    send();
    assert.equal(sent.length, 1);
    const first = sent[0] ?? 0;
    assert.ok(first >= 1 && first < 2 ** 31);
    prack(first);
    assert.deepEqual(sent, [first, first + 1]);
    prack(first + 1);
    prack(first + 2);
    assert.deepEqual(sent, [first, first + 1, first + 2]);
    assert.deepEqual(log, ["answers 200", "answers 200", "answers 200"]);
  });

  it("refuse a PRACK that fits none of them: 481, and 400 where it cannot be read", () => {
    const { clock, sent, send, prack, log } = begin();
    send();
    const [number = 0] = sent;
    prack(number + 1);
    prack(number, "2 INVITE");
    prack(number, "1 UPDATE");
    prack(number, "INVITE");
    assert.deepEqual(log, ["answers 481", "answers 481", "answers 481", "answers 400"]);
    clock.advance(500);
    assert.equal(sent.length, 2, "it is repeated all the same");
    prack(number);
    prack(number);
    assert.deepEqual(log.slice(4), ["answers 200", "answers 481"]);
  });

  it("refuse an offer that nobody here can answer, and count as heard", () => {
    const { clock, sent, send, prack, log } = begin();
    send();
    prack(sent[0] ?? 0, "1 INVITE", "an offer");
    assert.deepEqual(log, ["answers 488"]);
    clock.advance(40_000);
    assert.equal(sent.length, 1);
  });

  it("leave the answer to whoever passes the PRACK on", () => {
    const { sent, send, prack, log } = begin();
    let passed = 0;
    send("", () => passed++);
    prack(sent[0] ?? 0);
    assert.deepEqual([passed, log], [1, []]);
  });

  it("hold a 2xx back as long as an offer or answer is not acknowledged, and no other (RFC 3262 §3)", () => {
    const bare = begin();
    let answered = 0;
    bare.send();
    bare.provisionals.finish(() => answered++);
    assert.equal(answered, 1);
    bare.clock.advance(40_000);
    assert.deepEqual([bare.sent.length, bare.told], [1, []]);
    bare.prack(bare.sent[0] ?? 0);
    assert.deepEqual(bare.log, ["answers 200"], "its PRACK may still come");

    const full = begin();
    full.send("an answer");
    full.send();
    full.provisionals.finish(() => answered++);
    full.clock.advance(500);
    assert.deepEqual([answered, full.sent.length], [1, 2]);
    full.prack(full.sent[0] ?? 0);
    assert.equal(answered, 2);
    assert.equal(full.sent.length, 2, "nothing new is sent after a final response");
  });

  it("tell when one is never acknowledged", () => {
    const { clock, told, send } = begin();
    send();
    clock.advance(32_000);
    assert.deepEqual(told, ["unanswered"]);
    assert.equal(clock.pending, 0);
  });

  it("are bounded, numbered without a gap and never two at once, whatever happens in whatever order", () => {
    const step = fc.oneof(
      fc.constant("send" as const),
      fc.constant("prack" as const),
      fc.constant("wrong" as const),
      fc.nat({ max: 4000 }),
    );
    fc.assert(
      fc.property(fc.nat(), fc.array(step, { maxLength: 60 }), (seed, steps) => {
        const { clock, sent, told, send, prack, provisionals } = begin(seed);
        let acknowledged = 0;
        for (const what of steps) {
          const last = sent.at(-1) ?? 0;
          const distinct = new Set(sent).size;
          if (what === "send") send();
          else if (what === "wrong") prack(last + 7);
          else if (what === "prack") {
            prack(last);
            if (distinct > acknowledged && told.length === 0) acknowledged = distinct;
          } else clock.advance(what);
          const order = [...new Set(sent)];
          assert.ok(order.every((number, index) => number === (order[0] ?? 0) + index));
          if (told.length === 0) assert.ok(order.length - acknowledged <= 1, "one waits for its PRACK");
        }
        provisionals.close();
        assert.equal(clock.pending, 0);
      }),
    );
  });
});
