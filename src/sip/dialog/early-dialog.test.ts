import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { contact, createCore, flow } from "../../../test/support/invite-surroundings.ts";
import { incomingRequest, requestToSend, responseTo } from "../../../test/support/messages.ts";
import type { HeaderField } from "../message/build.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { DialogTable } from "./dialog-table.ts";
import { Dialog } from "./dialog.ts";
import { EarlyDialog } from "./early-dialog.ts";
import type { Session } from "./session.ts";

const ours = { contact: "<sip:us@192.0.2.2>" };

/** Whoever is called, to which nothing is sent here. */
function someEnd(): EarlyDialog {
  const dialog = Dialog.ofServer(incomingRequest("INVITE", { headers: [contact] }), "end");
  assert.ok(dialog.ok);
  const sender = { send: () => assert.fail("nothing is sent") };
  return new EarlyDialog({ sender, early: new DialogTable() }, dialog.value);
}

/** A call that came and rings; `told` are the responses to it. */
function ringing(headers: readonly HeaderField[], body = "an offer") {
  const around = createCore();
  const { core, log, transactionOf } = around;
  const invite = incomingRequest("INVITE", { headers: [contact, ...headers], body: Buffer.from(body) });
  const told: SipResponse[] = [];
  const transaction = transactionOf(invite);
  const incoming = core.take(
    {
      ...transaction,
      set onCancel(run: () => void) {
        transaction.onCancel = run;
      },
      respond(response) {
        told.push(response);
        return transaction.respond(response);
      },
    },
    invite,
  );
  incoming.onCancelled = ({ method }) => log.push(`taken back by ${method}`);
  incoming.onLost = (status) => log.push(`lost: ${status}`);
  const prack = (of: SipResponse | undefined, cseq: number): SipRequest =>
    incomingRequest("PRACK", {
      cseq,
      toTag: of?.toTag ?? "",
      branch: `z9hG4bK-prack-${cseq}`,
      headers: [["RAck", `${of?.headers.get("RSeq") ?? ""} 1 INVITE`]],
    });
  return { ...around, incoming, transaction, told, prack };
}

describe("a call that came and rings", () => {
  it("is told so reliably where its caller insists, and unreliably where it is merely able", () => {
    for (const [header, isReliable] of [
      ["Require", true],
      ["Supported", false],
    ] as const) {
      const { incoming, told } = ringing([[header, "100rel"]]);
      incoming.ring(ours);
      assert.equal(told[0]?.headers.get("Require"), isReliable ? "100rel" : undefined);
      assert.equal(told[0]?.headers.has("RSeq"), isReliable);
    }
  });

  it("is refused with 504 when its caller acknowledges nothing for 32 s (RFC 3262 §3)", () => {
    const { incoming, clock, log, core } = ringing([["Require", "100rel"]]);
    incoming.ring(ours);
    clock.advance(40_000);
    assert.deepEqual(log.slice(-2), ["answers 504", "lost: 504"]);
    assert.equal(log.filter((line) => line === "answers 180").length, 7);
    assert.deepEqual(core.earlyDialogs, []);
  });

  it("says nothing of its own before an offer where the caller made none and insists (RFC 3261 §13.2.1)", () => {
    const { incoming, log } = ringing([["Require", "100rel"]], "");
    incoming.ring(ours);
    assert.deepEqual(log, []);
    incoming.ring({ ...ours, body: Buffer.from("an offer") }, 183, { from: someEnd() });
    assert.deepEqual(log, ["answers 183"]);
  });

  it("holds its 200 until the answer that was sent before is acknowledged, and goes on counting", () => {
    const { incoming, told, log, receive, prack, core, within } = ringing([["Require", "100rel"]]);
    const phone = someEnd();
    incoming.ring({ ...ours, body: Buffer.from("an answer") }, 183, { from: phone });
    const accepted = incoming.accept(ours, phone);
    assert.ok(accepted.ok);
    assert.equal(accepted.value.state, "held");
    assert.deepEqual(log, ["answers 183"]);
    receive(prack(told[0], 2));
    assert.deepEqual(log, ["answers 183", "answers 200", "answers 200"]);
    assert.equal(accepted.value.state, "accepted");
    core.receiveAck(within("ACK", 1));
    assert.equal(accepted.value.state, "confirmed");
    receive(within("INFO", 2));
    assert.deepEqual(log.slice(3), ["answers 500"], "the PRACK had that number");
  });

  it("is refused while its 200 is held: by CANCEL, BYE, hanging up, or silence", () => {
    const ends: readonly [string, (scene: ReturnType<typeof ringing>, session: Session) => void, string[]][] =
      [
        ["CANCEL", ({ transaction }) => transaction.onCancel?.(incomingRequest("CANCEL")), ["487", "remote"]],
        ["BYE", ({ receive, within }) => receive(within("BYE", 2)), ["200", "487", "remote"]],
        ["hanging up", (_scene, session) => session.hangUp(), ["480", "local"]],
        ["silence", ({ clock }) => clock.advance(32_000), ["504", "unacknowledged"]],
      ];
    for (const [how, end, expected] of ends) {
      const scene = ringing([["Require", "100rel"]]);
      const { incoming, log, clock, core } = scene;
      const phone = someEnd();
      incoming.ring({ ...ours, body: Buffer.from("an answer") }, 183, { from: phone });
      const accepted = incoming.accept(ours, phone);
      assert.ok(accepted.ok);
      const { value: session } = accepted;
      session.onEnded = (who) => log.push(`answers ${who}`);
      end(scene, session);
      const answers = log
        .filter((line) => line !== "answers 183")
        .map((line) => line.replace("answers ", ""));
      assert.deepEqual(answers, expected, how);
      assert.deepEqual([session.state, core.sessions.length, clock.pending], ["ended", 0, 0], how);
    }
  });

  it("is another dialog for whoever answers after another has given an answer", () => {
    const { incoming, told, log, receive, prack, core, within } = ringing([["Supported", "100rel"]]);
    const [one, other] = [someEnd(), someEnd()];
    incoming.ring({ ...ours, body: Buffer.from("an answer") }, 183, {
      from: one,
      onPrack: () => log.push("passes"),
    });
    receive(prack(told[0], 2));
    const accepted = incoming.accept(ours, other);
    assert.ok(accepted.ok);
    const success = told.at(-1);
    assert.equal(success?.status, 200);
    assert.notEqual(success.toTag, told[0]?.toTag);
    assert.deepEqual(log, ["answers 183", "passes", "answers 200"]);
    assert.equal(receive(within("INFO", 3)), false, "the first dialog is over");
    assert.deepEqual(core.earlyDialogs, []);
  });

  it("ends by a BYE as by a CANCEL", () => {
    const { incoming, log, receive, within, core } = ringing([]);
    incoming.ring(ours);
    assert.equal(receive(within("BYE", 2)), true);
    assert.deepEqual(log, ["answers 180", "answers 200", "answers 487", "taken back by BYE"]);
    assert.deepEqual(core.earlyDialogs, []);
  });

  it("refuses what nobody asks for it to pass on, and what is out of order", () => {
    const { incoming, log, receive, within } = ringing([]);
    incoming.ring(ours);
    for (const [index, method] of ["UPDATE", "INFO", "PRACK", "OPTIONS"].entries())
      receive(within(method, index + 2));
    receive(within("INFO", 2));
    const expected = ["488", "501", "400", "200", "500"].map((status) => `answers ${status}`);
    assert.deepEqual(log.slice(1), expected);
  });
});

/** A call that we place; `heard` is what we make of the responses. */
function placed() {
  const around = createCore();
  const { core, sent } = around;
  const heard: { status: number; early: EarlyDialog | undefined; body: string }[] = [];
  const sessions: Session[] = [];
  core.call(requestToSend("INVITE"), {
    nextHop: { scheme: "sip", host: "192.0.2.1", parameters: new Map() },
    contactFor: () => "<sip:us@192.0.2.2>",
    onProgress: (response, early) => {
      heard.push({ status: response.status, early, body: response.body.toString() });
      early?.acknowledge(response);
    },
    onAnswered: (session) => sessions.push(session),
    onFailed: ({ kind }) => around.log.push(`fails: ${kind}`),
  });
  const [first] = sent;
  assert.ok(first);
  const says = (status: number, tag: string, number?: number, withContact = true): void => {
    const response = responseTo(first.request, status, tag);
    if (withContact) response.headers.append(...contact);
    if (number !== undefined) {
      response.headers.append("Require", "100rel");
      response.headers.append("RSeq", String(number));
    }
    if (status >= 200) first.options.onOutcome({ kind: "response", response, flow });
    else first.options.onProvisional?.(response, flow);
  };
  const pracks = (): string[] =>
    sent
      .filter(({ request }) => request.method === "PRACK")
      .map(
        ({ request }) =>
          `${request.toTag ?? ""} ${request.cseq.number}: ${request.headers.get("RAck") ?? ""}`,
      );
  return { ...around, heard, sessions, says, pracks };
}

describe("a call that we place and that rings", () => {
  it("acknowledges each reliable response once, in order, by dialog (RFC 3262 §4)", () => {
    const { says, pracks, heard } = placed();
    says(180, "a", 10);
    says(180, "a", 10);
    says(183, "a", 12);
    says(183, "b", 4000);
    says(183, "a", 11);
    says(183, "a", 12);
    says(180, "b", 4001);
    assert.deepEqual(pracks(), [
      "a 2: 10 1 INVITE",
      "b 2: 4000 1 INVITE",
      "a 3: 11 1 INVITE",
      "a 4: 12 1 INVITE",
      "b 3: 4001 1 INVITE",
    ]);
    assert.equal(heard.length, 5);
  });

  it("hears ringing without a tag or a Contact, but nothing reliable there: it could not be acknowledged", () => {
    const { says, heard, pracks, core } = placed();
    says(180, "", undefined);
    says(180, "a", undefined, false);
    says(183, "a", 5, false);
    assert.deepEqual(
      heard.map(({ status }) => status),
      [180, 180],
    );
    assert.deepEqual([pracks(), core.earlyDialogs], [[], []]);
  });

  it("goes on in the dialog that is answered, and forgets all others", () => {
    const { says, sessions, core, sent, log } = placed();
    says(180, "a", 1);
    says(180, "b");
    says(199, "b");
    assert.equal(core.earlyDialogs.length, 1);
    says(180, "c");
    assert.equal(core.earlyDialogs.length, 2);
    says(200, "a");
    assert.deepEqual(core.earlyDialogs, []);
    sessions[0]?.hangUp();
    assert.deepEqual(log, ["sends INVITE", "sends PRACK", "sends ACK 1", "sends BYE"]);
    assert.equal(sent.at(-1)?.request.cseq.number, 3, "the PRACK had 2");
  });

  it("forgets all of them when it fails", () => {
    const { says, core } = placed();
    for (const tag of ["a", "b", "c"]) says(180, tag, 1);
    says(486, "a");
    assert.deepEqual(core.earlyDialogs, []);
  });

  it("listens to sixteen ends at most", () => {
    const { says, core, pracks } = placed();
    for (let end = 0; end < 100; end++) says(183, `end-${end}`, 7);
    assert.equal(core.earlyDialogs.length, 16);
    assert.equal(pracks().length, 16);
  });

  it("hands on what the other end asks, in order", () => {
    const { says, heard, receive, log } = placed();
    says(180, "a");
    const { early } = heard[0] ?? {};
    assert.ok(early);
    const update = (cseq: number) =>
      incomingRequest("UPDATE", { cseq, ...asSeenFrom(early), branch: `z9hG4bK-update-${cseq}` });
    receive(update(5));
    early.onRequest = (_transaction, { method }) => log.push(`hands on ${method}`);
    receive(update(6));
    receive(update(6));
    assert.deepEqual(log.slice(1), ["answers 488", "hands on UPDATE", "answers 500"]);
  });
});

/** The dialog's other end: what its requests bear. */
function asSeenFrom({ dialog: { id } }: EarlyDialog) {
  return { callId: id.callId, toTag: id.localTag, fromTag: id.remoteTag };
}
