import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { contact, createCore, flow } from "../../../test/support/invite-surroundings.ts";
import { incomingRequest, requestToSend, responseTo } from "../../../test/support/messages.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import type { InviteFailure } from "./outgoing-invite.ts";
import type { Session } from "./session.ts";

function answered() {
  const around = createCore();
  const invite = incomingRequest("INVITE", { headers: [contact] });
  const incoming = around.core.take(around.transactionOf(invite), invite);
  const accepted = incoming.accept({ contact: "<sip:us@192.0.2.2>" });
  assert.ok(accepted.ok);
  accepted.value.onEnded = (end) => around.log.push(`ended: ${end}`);
  around.log.length = 0;
  return { ...around, session: accepted.value };
}

describe("a call that was answered", () => {
  it("repeats its 200 until the ACK", () => {
    const { clock, log, core, within, session } = answered();
    clock.advance(600);
    core.receiveAck(within("ACK", 1));
    clock.advance(60_000);
    assert.deepEqual(log, ["answers 200"]);
    assert.equal(session.state, "confirmed");
  });

  it("takes no ACK to another request for the answer's (CHECKS B04)", () => {
    const { clock, log, core, within } = answered();
    core.receiveAck(within("ACK", 2));
    clock.advance(600);
    assert.deepEqual(log, ["answers 200"]);
  });

  it("is hung up by BYE once the ACK is there, not before (RFC 3261 §15)", () => {
    const { log, core, within, session } = answered();
    session.hangUp();
    assert.deepEqual(log, []);
    core.receiveAck(within("ACK", 1));
    assert.deepEqual(log, ["sends BYE", "ended: local"]);
    session.hangUp();
    assert.equal(log.length, 2);
    assert.equal(core.sessions.length, 0);
  });

  it("is ended at once when we stop, whatever it waits for; we stay until the BYE is heard", async () => {
    const { log, core, session, sent, clock } = answered();
    session.hangUp();
    let isOver = false;
    const stopping = core.stop([["Reason", "SIP;cause=503"]], 2_000).then(() => (isOver = true));
    assert.deepEqual(log, ["sends BYE", "ended: local"]);
    assert.equal(sent[0]?.request.headers.get("Reason"), "SIP;cause=503");
    await clock.advanceAsync(1_000);
    assert.equal(isOver, false);
    sent[0].options.onOutcome({ kind: "timeout" });
    await stopping;
    assert.equal(clock.pending, 0);
  });

  it("waits for nobody longer than it may when we stop", async () => {
    const { core, clock } = answered();
    const stopping = core.stop([], 2_000);
    await clock.advanceAsync(2_000);
    await stopping;
  });

  it("is ended by the other's BYE, in whatever state", () => {
    const { log, within, receive, clock } = answered();
    assert.equal(receive(within("BYE", 2)), true);
    assert.deepEqual(log, ["answers 200", "ended: remote"]);
    assert.equal(clock.pending, 0);
    assert.equal(receive(within("BYE", 3)), false);
  });

  it("is ended with a BYE when nobody acknowledges it for 32 s", () => {
    const { clock, log } = answered();
    clock.advance(32_000);
    assert.deepEqual(log.slice(-2), ["sends BYE", "ended: unacknowledged"]);
    assert.equal(clock.pending, 0);
  });

  it("refuses what came too late, and what it cannot do, and lives on", () => {
    const { log, core, within, receive, session } = answered();
    core.receiveAck(within("ACK", 1));
    receive(within("INVITE", 5));
    receive(within("INFO", 4));
    receive(within("INFO", 6));
    receive(within("OPTIONS", 7));
    assert.deepEqual(log, ["answers 488", "answers 500", "answers 501", "answers 200"]);
    assert.equal(session.state, "confirmed");
  });

  it("hands other requests to who wants them", () => {
    const { log, within, receive, session } = answered();
    session.onRequest = (_transaction, request) => log.push(`hands on ${request.method}`);
    receive(within("INFO", 4));
    assert.deepEqual(log, ["hands on INFO"]);
  });
});

describe("a call that came", () => {
  it("is answered 487 when the caller gives up, and then no more", () => {
    const { log, core, transactionOf } = createCore();
    const invite = incomingRequest("INVITE", { headers: [contact] });
    const transaction = transactionOf(invite);
    const incoming = core.take(transaction, invite);
    incoming.onCancelled = () => log.push("told");
    incoming.ring({ contact: "<sip:us@192.0.2.2>" });
    transaction.onCancel?.(incomingRequest("CANCEL"));
    incoming.ring({ contact: "<sip:us@192.0.2.2>" });
    assert.equal(incoming.refuse(486), false);
    assert.equal(incoming.accept({ contact: "<sip:us@192.0.2.2>" }).ok, false);
    assert.deepEqual(log, ["answers 180", "answers 487", "told"]);
  });

  it("is answered 400 when nobody could send to its caller", () => {
    const { log, core, transactionOf } = createCore();
    const invite = incomingRequest("INVITE");
    const accepted = core.take(transactionOf(invite), invite).accept({ contact: "<sip:us@192.0.2.2>" });
    assert.equal(accepted.ok, false);
    assert.deepEqual(log, ["answers 400"]);
  });
});

function placed(authorize?: (response: SipResponse, request: SipRequest) => SipRequest | undefined) {
  const around = createCore();
  const { core, log, sent } = around;
  const sessions: Session[] = [];
  const failures: InviteFailure[] = [];
  const invite = core.call(requestToSend("INVITE"), {
    nextHop: { scheme: "sip", host: "192.0.2.1", parameters: new Map() },
    contactFor: () => "<sip:us@192.0.2.2>",
    ...(authorize === undefined ? {} : { authorize }),
    onProgress: ({ status }) => log.push(`hears ${status}`),
    onAnswered: (session) => sessions.push(session),
    onFailed: (failure) => failures.push(failure),
  });
  const last = () => {
    const newest = sent.at(-1);
    assert.ok(newest);
    return newest;
  };
  const response = (status: number, tag = "callee") => {
    const made = responseTo(last().request, status, tag);
    made.headers.append(...contact);
    return made;
  };
  const finish = (status: number) =>
    last().options.onOutcome({ kind: "response", response: response(status), flow });
  return { ...around, invite, sessions, failures, last, response, finish };
}

describe("a call that we place", () => {
  it("hears ringing but no 100, is answered, and acknowledged", () => {
    const { log, last, response, finish, sessions } = placed();
    last().options.onProvisional?.(response(100), flow);
    last().options.onProvisional?.(response(180), flow);
    finish(200);
    assert.deepEqual(log, ["sends INVITE", "hears 180", "sends ACK 1"]);
    assert.equal(sessions[0]?.state, "confirmed");
  });

  it("acknowledges a copy of the 200 again; another fork's is acknowledged and ended", () => {
    const { log, last, response, finish } = placed();
    finish(200);
    log.length = 0;
    last().options.onFurtherSuccess?.(response(200), flow);
    last().options.onFurtherSuccess?.(response(200, "fork"), flow);
    assert.deepEqual(log, ["repeats ACK", "sends ACK 1", "sends BYE"]);
  });

  it("acknowledges and ends an answer that crossed with the CANCEL", () => {
    const { log, invite, finish, failures, sessions } = placed();
    invite.cancel();
    finish(200);
    assert.deepEqual(log, ["sends INVITE", "cancels INVITE", "sends ACK 1", "sends BYE"]);
    assert.deepEqual(failures, [{ kind: "cancelled" }]);
    assert.deepEqual(sessions, []);
  });

  it("acknowledges and ends an answer without Contact, at the Request-URI, and fails (RFC 3261 §13.2.2.4)", () => {
    const { log, last, sent, core, failures, sessions } = placed();
    const { request, options } = last();
    const answer = responseTo(request, 200, "callee");
    options.onOutcome({ kind: "response", response: answer, flow });
    const bye = sent.at(-1);
    assert.equal(bye?.request.requestUri, request.requestUri);
    assert.equal(bye.request.toTag, "callee");
    assert.equal(bye.options.preferredFlow, flow);
    options.onFurtherSuccess?.(answer, flow);
    options.onFurtherSuccess?.(responseTo(request, 200, "fork"), flow);
    assert.deepEqual(log, [
      "sends INVITE",
      "sends ACK 1",
      "sends BYE",
      "repeats ACK",
      "sends ACK 1",
      "sends BYE",
    ]);
    assert.equal(failures[0]?.kind, "unreachable");
    assert.deepEqual([sessions, core.sessions], [[], []]);
  });

  it("answers a challenge where it can, and fails with it where not", () => {
    let asked = 0;
    const { log, finish, failures } = placed((_response, request) => (asked++ === 0 ? request : undefined));
    finish(407);
    finish(407);
    assert.deepEqual(log, ["sends INVITE", "sends INVITE"]);
    assert.equal(failures[0]?.kind, "refused");
  });

  it("fails with whatever comes instead of an answer", () => {
    const { last, failures } = placed();
    last().options.onOutcome({ kind: "timeout" });
    assert.deepEqual(failures, [{ kind: "timeout" }]);
  });

  it("puts the Contact for the way it takes into a copy of the request", () => {
    const { last } = placed();
    const { request, options } = last();
    assert.equal(options.prepare?.(request, flow).headers.get("Contact"), "<sip:us@192.0.2.2>");
    assert.equal(request.headers.has("Contact"), false);
  });
});
