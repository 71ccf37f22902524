import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { walkFigure } from "../../../test/support/figure-walk.ts";
import { incomingRequest, responseTo } from "../../../test/support/messages.ts";
import { TransactionProbe } from "../../../test/support/transaction-probe.ts";
import { figure, NonInviteClientTransaction } from "./non-invite-client.ts";
import type { Inputs, State } from "./non-invite-client.ts";

const register = incomingRequest("REGISTER");

const raise: Record<
  keyof Inputs,
  (transaction: NonInviteClientTransaction, probe: TransactionProbe) => unknown
> = {
  "1xx": (transaction, { flow }) => transaction.receive(responseTo(register, 100), flow),
  "200-699": (transaction, { flow }) => transaction.receive(responseTo(register, 200), flow),
  "abandoned by TU": (transaction) => transaction.abandon(),
  "transport error": (transaction) => transaction.transportFailed({ reason: "closed", detail: "" }),
  "timer E": (transaction) => transaction.machine.handle("timer E", undefined),
  "timer F": (transaction) => transaction.machine.handle("timer F", undefined),
  "timer K": (transaction) => transaction.machine.handle("timer K", undefined),
};

const wayTo: Record<State, readonly (keyof Inputs)[]> = {
  trying: [],
  proceeding: ["1xx"],
  completed: ["200-699"],
  terminated: ["timer F"],
};

function begin(protocol: "UDP" | "TCP"): {
  transaction: NonInviteClientTransaction;
  probe: TransactionProbe;
} {
  const probe = new TransactionProbe(protocol);
  const transaction = new NonInviteClientTransaction(
    probe,
    "key",
    "branch",
    register,
    probe.flow,
    probe.clientUser,
  );
  transaction.begin();
  return { transaction, probe };
}

/** When the request was sent, in milliseconds, over 32 s. */
function sendingTimes(probe: TransactionProbe): number[] {
  const times = [0];
  for (let now = 500; now < 32_000; now += 500) {
    probe.log.length = 0;
    probe.fakeClock.advance(500);
    if (probe.log.includes("sends REGISTER")) times.push(now);
  }
  return times;
}

describe("a non-INVITE client transaction", () => {
  it("begins by sending the request, and waits for 0.5 s and for 32 s", () => {
    const { transaction, probe } = begin("UDP");
    assert.equal(transaction.state, "trying");
    assert.deepEqual(probe.log, ["sends REGISTER", "waits 500 ms", "waits 32000 ms"]);
  });

  walkFigure<State, keyof Inputs, NonInviteClientTransaction>({
    figure,
    begin,
    raise,
    wayTo,
    expected: {
      trying: {
        "timer E": ["trying", "sends REGISTER", "waits 1000 ms"],
        "timer F": ["terminated", "user told of time-out", "ended"],
        "transport error": ["terminated", "user told of transport error", "ended"],
        "1xx": ["proceeding", "user gets 100"],
        "200-699": ["completed", "waits 5000 ms", "user gets 200"],
        "abandoned by TU": ["terminated", "ended"],
      },
      proceeding: {
        "timer E": ["proceeding", "sends REGISTER", "waits 4000 ms"],
        "timer F": ["terminated", "user told of time-out", "ended"],
        "transport error": ["terminated", "user told of transport error", "ended"],
        "1xx": ["proceeding", "user gets 100"],
        "200-699": ["completed", "waits 5000 ms", "user gets 200"],
        "abandoned by TU": ["terminated", "ended"],
      },
      completed: {
        "1xx": ["completed"],
        "200-699": ["completed"],
        "timer K": ["terminated", "ended"],
      },
      terminated: {},
    },
  });

  it("sends the request at 0, 0.5, 1.5, 3.5, 7.5, 11.5, ... s and gives up after 32 s", () => {
    const { transaction, probe } = begin("UDP");
    const expected = [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    assert.deepEqual(sendingTimes(probe), expected);
    probe.fakeClock.advance(500);
    assert.equal(transaction.state, "terminated");
    assert.equal(probe.fakeClock.pending, 0);
  });

  it("sends it every 4 s once a provisional response is there", () => {
    const { transaction, probe } = begin("UDP");
    raise["1xx"](transaction, probe);
    assert.deepEqual(sendingTimes(probe), [0, 500, 4_500, 8_500, 12_500, 16_500, 20_500, 24_500, 28_500]);
  });

  it("is gone at once after the answer over a connection", () => {
    const { transaction, probe } = begin("TCP");
    raise["200-699"](transaction, probe);
    assert.equal(transaction.state, "terminated");
    assert.equal(probe.fakeClock.pending, 0);
  });
});
