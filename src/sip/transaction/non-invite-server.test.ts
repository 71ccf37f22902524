import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { walkFigure } from "../../../test/support/figure-walk.ts";
import { incomingRequest, responseTo } from "../../../test/support/messages.ts";
import { TransactionProbe } from "../../../test/support/transaction-probe.ts";
import { figure, NonInviteServerTransaction } from "./non-invite-server.ts";
import type { Inputs, State } from "./non-invite-server.ts";

const options = incomingRequest("OPTIONS");

const raise: Record<
  keyof Inputs,
  (transaction: NonInviteServerTransaction, probe: TransactionProbe) => unknown
> = {
  request: (transaction, { flow }) => transaction.receive({ request: options, flow }),
  "1xx from TU": (transaction) => transaction.respond(responseTo(options, 100)),
  "200-699 from TU": (transaction) => transaction.respond(responseTo(options, 200)),
  "408 from TU": (transaction) => transaction.respond(responseTo(options, 408)),
  "abandoned by TU": (transaction) => transaction.abandon(),
  "transport error": (transaction) => transaction.transportFailed({ reason: "closed", detail: "" }),
  "timer J": (transaction) => transaction.machine.handle("timer J", undefined),
};

const wayTo: Record<State, readonly (keyof Inputs)[]> = {
  trying: [],
  proceeding: ["1xx from TU"],
  completed: ["200-699 from TU"],
  terminated: ["abandoned by TU"],
};

function begin(protocol: "UDP" | "TCP"): {
  transaction: NonInviteServerTransaction;
  probe: TransactionProbe;
} {
  const probe = new TransactionProbe(protocol);
  const arrival = { request: options, flow: probe.flow };
  const transaction = new NonInviteServerTransaction(probe, "key", arrival, probe.serverUser);
  transaction.onEnd = (how) => probe.log.push(`user told: ${how}`);
  transaction.onTransportError = () => probe.log.push("user told of transport error");
  transaction.begin(arrival);
  return { transaction, probe };
}

describe("a non-INVITE server transaction", () => {
  it("begins by handing the request to the user, without any timer", () => {
    const { transaction, probe } = begin("UDP");
    assert.equal(transaction.state, "trying");
    assert.deepEqual(probe.log, ["user gets OPTIONS"]);
  });

  walkFigure<State, keyof Inputs, NonInviteServerTransaction>({
    figure,
    begin,
    raise,
    wayTo,
    expected: {
      trying: {
        request: ["trying"],
        "1xx from TU": ["proceeding", "sends 100"],
        "200-699 from TU": ["completed", "sends 200", "closes merging", "waits 32000 ms"],
        "408 from TU": ["completed", "closes merging", "waits 32000 ms"],
        "abandoned by TU": ["terminated", "closes merging", "ended"],
      },
      proceeding: {
        request: ["proceeding", "sends 100"],
        "1xx from TU": ["proceeding", "sends 100"],
        "200-699 from TU": ["completed", "sends 200", "closes merging", "waits 32000 ms"],
        "408 from TU": ["completed", "closes merging", "waits 32000 ms"],
        "transport error": [
          "terminated",
          "closes merging",
          "user told of transport error",
          "user told: transport-error",
          "ended",
        ],
        "abandoned by TU": ["terminated", "closes merging", "ended"],
      },
      completed: {
        request: ["completed", "sends 200"],
        "200-699 from TU": ["completed"],
        "transport error": [
          "terminated",
          "user told of transport error",
          "user told: transport-error",
          "ended",
        ],
        "timer J": ["terminated", "user told: terminated", "ended"],
      },
      terminated: {},
    },
  });

  it("answers copies for 32 s and is gone then", () => {
    const { transaction, probe } = begin("UDP");
    transaction.respond(responseTo(options, 200));
    probe.fakeClock.advance(31_999);
    assert.equal(transaction.state, "completed");
    probe.fakeClock.advance(1);
    assert.equal(transaction.state, "terminated");
    assert.equal(probe.fakeClock.pending, 0);
  });

  it("is gone at once over a connection, where no copy can come", () => {
    const { transaction, probe } = begin("TCP");
    probe.log.length = 0;
    transaction.respond(responseTo(options, 200));
    assert.deepEqual(probe.log, ["sends 200", "closes merging", "user told: terminated", "ended"]);
    assert.equal(transaction.state, "terminated");
  });
});
