import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { walkFigure } from "../../../test/support/figure-walk.ts";
import { incomingRequest, responseTo } from "../../../test/support/messages.ts";
import { TransactionProbe } from "../../../test/support/transaction-probe.ts";
import { figure, InviteClientTransaction } from "./invite-client.ts";
import type { Inputs, State } from "./invite-client.ts";

const invite = incomingRequest("INVITE");

const raise: Record<
  keyof Inputs,
  (transaction: InviteClientTransaction, probe: TransactionProbe) => unknown
> = {
  "1xx": (transaction, { flow }) => transaction.receive(responseTo(invite, 180), flow),
  "2xx": (transaction, { flow }) => transaction.receive(responseTo(invite, 200), flow),
  "300-699": (transaction, { flow }) => transaction.receive(responseTo(invite, 486), flow),
  "CANCEL from TU": (transaction) => transaction.cancel([["Reason", "SIP;cause=200"]]),
  "transport error": (transaction) => transaction.transportFailed({ reason: "closed", detail: "" }),
  "timer A": (transaction) => transaction.machine.handle("timer A", undefined),
  "timer B": (transaction) => transaction.machine.handle("timer B", undefined),
  "timer CANCEL": (transaction) => transaction.machine.handle("timer CANCEL", undefined),
  "timer D": (transaction) => transaction.machine.handle("timer D", undefined),
  "timer M": (transaction) => transaction.machine.handle("timer M", undefined),
};

const wayTo: Record<State, readonly (keyof Inputs)[]> = {
  calling: [],
  proceeding: ["1xx"],
  completed: ["300-699"],
  accepted: ["2xx"],
  terminated: ["timer B"],
};

function begin(protocol: "UDP" | "TCP"): {
  transaction: InviteClientTransaction;
  probe: TransactionProbe;
} {
  const probe = new TransactionProbe(protocol);
  const transaction = new InviteClientTransaction(
    probe,
    "key",
    "branch",
    invite,
    probe.flow,
    probe.clientUser,
  );
  transaction.begin();
  return { transaction, probe };
}

describe("an INVITE client transaction", () => {
  it("begins by sending the INVITE, and waits for 0.5 s and for 32 s", () => {
    const { transaction, probe } = begin("UDP");
    assert.equal(transaction.state, "calling");
    assert.deepEqual(probe.log, ["sends INVITE", "waits 500 ms", "waits 32000 ms"]);
  });

  walkFigure<State, keyof Inputs, InviteClientTransaction>({
    figure,
    begin,
    raise,
    wayTo,
    expected: {
      calling: {
        "timer A": ["calling", "sends INVITE", "waits 1000 ms"],
        "timer B": ["terminated", "user told of time-out", "ended"],
        "transport error": ["terminated", "user told of transport error", "ended"],
        "1xx": ["proceeding", "user gets 180"],
        "2xx": ["accepted", "waits 32000 ms", "user gets 200"],
        "300-699": ["completed", "sends ACK", "waits 32000 ms", "user gets 486"],
        "CANCEL from TU": ["calling"],
      },
      proceeding: {
        "1xx": ["proceeding", "user gets 180"],
        "2xx": ["accepted", "waits 32000 ms", "user gets 200"],
        "300-699": ["completed", "sends ACK", "waits 32000 ms", "user gets 486"],
        "CANCEL from TU": ["proceeding", "starts CANCEL Reason: SIP;cause=200", "waits 32000 ms"],
        "timer CANCEL": ["terminated", "user told of time-out", "ended"],
        "transport error": ["terminated", "user told of transport error", "ended"],
      },
      completed: {
        "300-699": ["completed", "sends ACK"],
        "transport error": ["terminated", "ended"],
        "timer D": ["terminated", "ended"],
      },
      accepted: {
        "2xx": ["accepted", "user gets 200"],
        "timer M": ["terminated", "ended"],
      },
      terminated: {},
    },
  });

  it("sends the INVITE seven times over UDP and gives up after 32 s", () => {
    const { transaction, probe } = begin("UDP");
    probe.fakeClock.advance(32_000);
    assert.equal(probe.log.filter((line) => line === "sends INVITE").length, 7);
    assert.equal(probe.log.at(-1), "ended");
    assert.equal(transaction.state, "terminated");
    assert.equal(probe.fakeClock.pending, 0);
  });

  it("sends the INVITE once over a connection", () => {
    const { probe } = begin("TCP");
    probe.fakeClock.advance(32_000);
    assert.equal(probe.log.filter((line) => line === "sends INVITE").length, 1);
  });

  it("stops its timers at the first provisional response and then waits without an end", () => {
    const { transaction, probe } = begin("UDP");
    raise["1xx"](transaction, probe);
    assert.equal(probe.fakeClock.pending, 0);
    probe.fakeClock.advance(600_000);
    assert.equal(transaction.state, "proceeding");
  });

  it("holds a CANCEL back until a provisional response is there, and sends one alone", () => {
    const { transaction, probe } = begin("UDP");
    raise["CANCEL from TU"](transaction, probe);
    assert.equal(probe.log.includes("starts CANCEL Reason: SIP;cause=200"), false);
    raise["1xx"](transaction, probe);
    raise["CANCEL from TU"](transaction, probe);
    raise["1xx"](transaction, probe);
    assert.equal(probe.log.filter((line) => line.startsWith("starts CANCEL")).length, 1);
  });

  it("gives a cancelled INVITE up when no final response comes within 32 s", () => {
    const { transaction, probe } = begin("UDP");
    raise["1xx"](transaction, probe);
    raise["CANCEL from TU"](transaction, probe);
    probe.fakeClock.advance(32_000);
    assert.equal(transaction.state, "terminated");
    assert.equal(probe.log.includes("user told of time-out"), true);
  });

  it("is gone at once after a refusal over a connection", () => {
    const { transaction, probe } = begin("TCP");
    raise["300-699"](transaction, probe);
    assert.deepEqual(probe.log.slice(2), ["sends ACK", "user gets 486", "ended"]);
    assert.equal(probe.fakeClock.pending, 0);
  });
});
