import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { LoopbackNetwork } from "../../../test/support/loopback-network.ts";
import type { NetworkFaults } from "../../../test/support/loopback-network.ts";
import { requestToSend } from "../../../test/support/messages.ts";
import { SeededRandom } from "../../../test/support/seeded-random.ts";
import { SipEnd } from "../../../test/support/sip-end.ts";
import { createResponse } from "../message/build.ts";

const callsPerSeed = 100;

interface Run {
  readonly pbx: SipEnd;
  readonly divert: SipEnd;
  readonly network: LoopbackNetwork;
  readonly clock: FakeClock;
  /** What each request's sender was told, provisional responses left out. */
  readonly outcomes: (number | string)[][];
}

/** Sends that many requests, 100 ms apart, to a user that answers each at once, and waits until all is over. */
function run(method: string, status: number, faults: NetworkFaults, seed: number): Run {
  const clock = new FakeClock();
  const network = new LoopbackNetwork(clock, new SeededRandom(seed), faults);
  const pbx = new SipEnd(network, { protocol: "UDP", address: "192.0.2.1", port: 5060 });
  const divert = new SipEnd(network, { protocol: "UDP", address: "192.0.2.2", port: 5060 });
  divert.onRequest = (transaction, request) => {
    transaction.respond(createResponse(request, status, undefined, { toTag: transaction.localTag }));
  };
  const told: (number | string)[][] = [];
  for (let call = 0; call < callsPerSeed; call++) {
    told.push(pbx.ask(requestToSend(method, { callId: `call-${call}` }), divert).told);
    clock.advance(100);
  }
  clock.advance(70_000);
  const outcomes = told.map((each) => each.filter((event) => typeof event === "string" || event >= 200));
  return { pbx, divert, network, clock, outcomes };
}

const networks: Record<string, NetworkFaults> = {
  "10 % loss": { lossRate: 0.1, duplicateRate: 0, delayMs: [1, 20] },
  "30 % loss": { lossRate: 0.3, duplicateRate: 0, delayMs: [1, 20] },
  "duplication and reordering": { lossRate: 0, duplicateRate: 0.5, delayMs: [1, 1_500] },
  "all of it": { lossRate: 0.3, duplicateRate: 0.3, delayMs: [1, 1_500] },
};

for (const [name, faults] of Object.entries(networks)) {
  for (const [method, status] of [
    ["INVITE", 302],
    ["OPTIONS", 200],
  ] as const) {
    describe(`${method} answered ${status} over a network with ${name}`, () => {
      for (const seed of [1, 2, 3, 4, 5]) {
        it(`reaches the user once, ends once and leaves nothing (seed ${seed})`, () => {
          const { pbx, divert, network, clock, outcomes } = run(method, status, faults, seed);

          const callIds = divert.requests.map(({ request }) => request.callId);
          assert.equal(new Set(callIds).size, callIds.length, "no request reached the user twice");
          for (const outcome of outcomes) assert.equal(outcome.length, 1, "each sender was told one outcome");
          const answered = outcomes.filter(([outcome]) => outcome === status).length;
          // Seven copies of an INVITE, eleven of another request: 30 % loss is all but made up for.
          assert.ok(answered >= callsPerSeed * 0.97, `${answered} of ${callsPerSeed} were answered`);

          const tags = new Map<string, Set<string | undefined>>();
          for (const { message } of network.passages) {
            if (message.kind === "request" || message.status < 200) continue;
            tags.set(message.callId, (tags.get(message.callId) ?? new Set()).add(message.toTag));
          }
          for (const seen of tags.values()) assert.equal(seen.size, 1, "copies of a response are alike");

          assert.equal(pbx.held + divert.held, 0);
          assert.equal(clock.pending, 0);
        });
      }
    });
  }
}
