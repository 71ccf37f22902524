import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { incomingRequest } from "../../test/support/messages.ts";
import { pbxFlow } from "../../test/support/example-lines.ts";
import { SeededRandom } from "../../test/support/seeded-random.ts";
import { TransactionLayer } from "../sip/transaction/transaction-layer.ts";
import { InviteCore } from "../sip/user-agent.ts";
import type { ServerTransaction } from "../sip/user-agent.ts";
import { keepRinging } from "./keep-ringing.ts";

/** A call that rings, over a real transaction; `heard` is what the caller's side got. */
function ring() {
  const clock = new FakeClock();
  const flow = pbxFlow();
  const over: string[] = [];
  const rings: { stop?: () => void } = {};
  const sender = { send: () => assert.fail("nobody is called") };
  const core = new InviteCore({
    clock,
    random: new SeededRandom(2),
    sender,
    acknowledge: () => assert.fail("nothing is answered"),
  });
  const layer = new TransactionLayer({
    clock,
    random: new SeededRandom(1),
    viaFor: () => ({ protocol: "UDP", host: "192.0.2.7", port: 5060 }),
    responseFlow: () => flow,
    user: {
      onRequest(transaction: ServerTransaction, request) {
        const contactUri = "sip:token@192.0.2.7:5060";
        const onOver = (status: number, how: string): void => void over.push(`${status} ${how}`);
        const invite = core.take(transaction, request);
        rings.stop = keepRinging({ invite, contactUri, clock, onOver });
      },
      onAck() {},
    },
  });
  const request = incomingRequest("INVITE");
  layer.receive(request, flow);
  const heard = (): string[] => flow.sent.map((bytes) => bytes.toString("latin1").slice(8, 11));
  return { clock, layer, flow, over, rings, heard };
}

test("it rings at once and again every minute, so that no proxy gives the call up", () => {
  const { clock, heard, over } = ring();
  clock.advance(125_000);
  assert.deepEqual(heard(), ["180", "180", "180"]);
  assert.deepEqual(over, []);
});

test("a caller who gives up hears 487, and nothing rings any more", () => {
  const { clock, layer, flow, heard, over } = ring();
  layer.receive(incomingRequest("CANCEL"), flow);
  assert.deepEqual(heard(), ["180", "200", "487"]);
  assert.deepEqual(over, ["487 cancelled"]);
  clock.advance(300);
  assert.equal(clock.pending > 0, true, "the 487 waits for its ACK");
  assert.equal(heard().includes("480"), false);
});

test("a caller who never gives up hears 480 after ten minutes", () => {
  const { clock, heard, over } = ring();
  clock.advance(10 * 60_000);
  assert.equal(heard().filter((status) => status === "480").length > 0, true);
  assert.deepEqual(over, ["480 notAnswered"]);
});

test("stopping ends it once, however often it is asked for", () => {
  const { rings, over } = ring();
  rings.stop?.();
  rings.stop?.();
  assert.deepEqual(over, ["480 stopped"]);
});
