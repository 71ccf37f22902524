import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { walkFigure } from "../../../test/support/figure-walk.ts";
import { incomingRequest, responseTo } from "../../../test/support/messages.ts";
import { TransactionProbe } from "../../../test/support/transaction-probe.ts";
import { figure, InviteServerTransaction } from "./invite-server.ts";
import type { Inputs, State } from "./invite-server.ts";

const invite = incomingRequest("INVITE");

const raise: Record<
  keyof Inputs,
  (transaction: InviteServerTransaction, probe: TransactionProbe) => unknown
> = {
  INVITE: (transaction, { flow }) => transaction.receive({ request: invite, flow }),
  ACK: (transaction, { flow }) => transaction.receive({ request: incomingRequest("ACK"), flow }),
  "1xx from TU": (transaction) => transaction.respond(responseTo(invite, 180)),
  "2xx from TU": (transaction) => transaction.respond(responseTo(invite, 200)),
  "300-699 from TU": (transaction) => transaction.respond(responseTo(invite, 302)),
  "abandoned by TU": (transaction) => transaction.abandon(),
  "transport error": (transaction) => transaction.transportFailed({ reason: "closed", detail: "" }),
  "timer 100": (transaction) => transaction.machine.handle("timer 100", undefined),
  "timer G": (transaction) => transaction.machine.handle("timer G", undefined),
  "timer H": (transaction) => transaction.machine.handle("timer H", undefined),
  "timer I": (transaction) => transaction.machine.handle("timer I", undefined),
  "timer L": (transaction) => transaction.machine.handle("timer L", undefined),
};

const wayTo: Record<State, readonly (keyof Inputs)[]> = {
  proceeding: [],
  completed: ["300-699 from TU"],
  confirmed: ["300-699 from TU", "ACK"],
  accepted: ["2xx from TU"],
  terminated: ["abandoned by TU"],
};

function begin(protocol: "UDP" | "TCP"): {
  transaction: InviteServerTransaction;
  probe: TransactionProbe;
} {
  const probe = new TransactionProbe(protocol);
  const arrival = { request: invite, flow: probe.flow };
  const transaction = new InviteServerTransaction(probe, "key", arrival, probe.serverUser);
  transaction.onEnd = (how) => probe.log.push(`user told: ${how}`);
  transaction.onTransportError = () => probe.log.push("user told of transport error");
  transaction.begin(arrival);
  return { transaction, probe };
}

describe("an INVITE server transaction", () => {
  it("begins by handing the INVITE to the user and waits 200 ms for an answer", () => {
    const { transaction, probe } = begin("UDP");
    assert.equal(transaction.state, "proceeding");
    assert.deepEqual(probe.log, ["user gets INVITE", "waits 200 ms"]);
  });

  walkFigure<State, keyof Inputs, InviteServerTransaction>({
    figure,
    begin,
    raise,
    wayTo,
    expected: {
      proceeding: {
        INVITE: ["proceeding"],
        "timer 100": ["proceeding", "sends 100"],
        "1xx from TU": ["proceeding", "sends 180"],
        "2xx from TU": ["accepted", "sends 200", "closes merging", "waits 32000 ms"],
        "300-699 from TU": ["completed", "sends 302", "closes merging", "waits 500 ms", "waits 32000 ms"],
        "transport error": ["proceeding", "user told of transport error"],
        "abandoned by TU": ["terminated", "closes merging", "ended"],
      },
      completed: {
        INVITE: ["completed", "sends 302"],
        "timer G": ["completed", "sends 302", "waits 1000 ms"],
        ACK: ["confirmed", "user told: acknowledged", "waits 5000 ms"],
        "timer H": ["terminated", "user told: timeout", "ended"],
        "transport error": ["completed", "user told of transport error"],
      },
      confirmed: {
        ACK: ["confirmed"],
        "timer I": ["terminated", "ended"],
      },
      accepted: {
        INVITE: ["accepted"],
        ACK: ["accepted", "user gets ACK"],
        "2xx from TU": ["accepted", "sends 200"],
        "transport error": ["accepted", "user told of transport error"],
        "timer L": ["terminated", "user told: terminated", "ended"],
      },
      terminated: {},
    },
  });

  it("sends a refusal again after 0.5, 1, 2, 4, 4, ... s and gives up after 32 s", () => {
    const { transaction, probe } = begin("UDP");
    transaction.respond(responseTo(invite, 302));
    const sentAt: number[] = [];
    for (let second = 0; second <= 33; second += 0.5) {
      probe.log.length = 0;
      probe.fakeClock.advance(500);
      if (probe.log.includes("sends 302")) sentAt.push(second + 0.5);
    }
    assert.deepEqual(sentAt, [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]);
    assert.equal(transaction.state, "terminated");
    assert.equal(probe.fakeClock.pending, 0);
  });

  it("repeats nothing over a connection and ends at the ACK", () => {
    const { transaction, probe } = begin("TCP");
    probe.log.length = 0;
    transaction.respond(responseTo(invite, 302));
    raise.ACK(transaction, probe);
    assert.deepEqual(probe.log, [
      "sends 302",
      "closes merging",
      "waits 32000 ms",
      "user told: acknowledged",
      "ended",
    ]);
    assert.equal(probe.fakeClock.pending, 0);
  });

  it("sends 100 Trying after 200 ms of silence, and repeats it to copies of the INVITE", () => {
    const { transaction, probe } = begin("UDP");
    probe.log.length = 0;
    probe.fakeClock.advance(199);
    assert.deepEqual(probe.log, []);
    probe.fakeClock.advance(1);
    raise.INVITE(transaction, probe);
    assert.deepEqual(probe.log, ["sends 100", "sends 100"]);
  });

  it("sends no 100 when the user was faster", () => {
    const { transaction, probe } = begin("UDP");
    transaction.respond(responseTo(invite, 180));
    probe.log.length = 0;
    probe.fakeClock.advance(1_000);
    assert.deepEqual(probe.log, []);
  });

  it("starts no timer for 100 when the user answers at once", () => {
    const probe = new TransactionProbe("UDP");
    const arrival = { request: invite, flow: probe.flow };
    const transaction = new InviteServerTransaction(probe, "key", arrival, {
      onRequest: (asked) => asked.respond(responseTo(invite, 302)),
      onAck: () => assert.fail(),
    });
    transaction.begin(arrival);
    assert.deepEqual(probe.log, ["sends 302", "closes merging", "waits 500 ms", "waits 32000 ms"]);
  });

  it("lets go of the request with the refusal", () => {
    const { transaction } = begin("UDP");
    assert.equal(transaction.request, invite);
    const tag = transaction.localTag;
    transaction.respond(responseTo(invite, 486));
    assert.equal(transaction.request, undefined);
    assert.equal(transaction.localTag, tag);
  });

  it("tells of a CANCEL once, and answers 487 by itself when nobody listens", () => {
    const heard = begin("UDP");
    heard.transaction.onCancel = () => heard.probe.log.push("user told of CANCEL");
    heard.probe.log.length = 0;
    heard.transaction.cancelled(incomingRequest("CANCEL"));
    heard.transaction.cancelled(incomingRequest("CANCEL"));
    assert.deepEqual(heard.probe.log, ["user told of CANCEL"]);

    const unheard = begin("UDP");
    unheard.probe.log.length = 0;
    unheard.transaction.cancelled(incomingRequest("CANCEL"));
    assert.equal(unheard.probe.log[0], "sends 487");
    assert.equal(unheard.transaction.state, "completed");
  });

  it("answers that there is nothing to respond to any more", () => {
    const { transaction } = begin("UDP");
    assert.equal(transaction.respond(responseTo(invite, 302)), true);
    assert.equal(transaction.respond(responseTo(invite, 200)), false);
    assert.equal(transaction.state, "completed");
  });
});
