import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { LoopbackNetwork } from "../../../test/support/loopback-network.ts";
import { incomingRequest, requestToSend, responseTo } from "../../../test/support/messages.ts";
import { SeededRandom } from "../../../test/support/seeded-random.ts";
import { SipEnd } from "../../../test/support/sip-end.ts";
import { createResponse } from "../message/build.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { serializeMessage } from "../message/serialize.ts";
import type { Endpoint, Flow, TransportProtocol } from "../transport/transport.ts";
import type { ServerTransaction, ServerTransactionEnd } from "./transaction-user.ts";

let clock: FakeClock;
let network: LoopbackNetwork;
/** The PBX side, which calls. */
let pbx: SipEnd;
/** Our side, which is called. */
let divert: SipEnd;

function at(address: string, protocol: TransportProtocol = "UDP"): Endpoint {
  return { protocol, address, port: 5060 };
}

function connect(protocol: TransportProtocol): void {
  clock = new FakeClock();
  network = new LoopbackNetwork(clock, new SeededRandom());
  pbx = new SipEnd(network, at("192.0.2.1", protocol));
  divert = new SipEnd(network, at("192.0.2.2", protocol));
}

function redirect(transaction: ServerTransaction, request: SipRequest): void {
  const contact = ["Contact", "<sip:102@pbx.example>"] as const;
  transaction.respond(
    createResponse(request, 302, undefined, { toTag: transaction.localTag, headers: [contact] }),
  );
}

function answer(status: number): (transaction: ServerTransaction, request: SipRequest) => void {
  return (transaction, request) => {
    transaction.respond(createResponse(request, status, undefined, { toTag: transaction.localTag }));
  };
}

/** Puts a message on the wire past the PBX's transactions. */
function send(message: SipRequest | SipResponse, flow: Flow = pbx.flowTo(divert)): void {
  flow.send(serializeMessage(message));
  clock.advance(2);
}

describe("a call that is redirected over UDP", () => {
  beforeEach(() => connect("UDP"));

  it("takes INVITE, 302, ACK, and leaves nothing after 5 s", () => {
    divert.onRequest = redirect;
    const call = pbx.ask(requestToSend("INVITE"), divert);
    clock.advance(10);
    assert.deepEqual(network.told(), ["INVITE", "302 INVITE", "ACK"]);
    assert.deepEqual(call.told, [302]);
    assert.equal(divert.layer.counts().inviteServer, 1);
    clock.advance(5_000);
    assert.equal(divert.held, 0);
    assert.deepEqual(divert.acks, []);
    clock.advance(32_000);
    assert.equal(pbx.held, 0);
    assert.equal(clock.pending, 0);
  });

  it("repeats the 302 until the ACK, and the ACK for each 302", () => {
    divert.onRequest = redirect;
    let lost = 0;
    network.loses = ({ message }) => message.kind === "request" && message.method === "ACK" && lost++ < 3;
    const call = pbx.ask(requestToSend("INVITE"), divert);
    clock.advance(10_000);
    assert.equal(network.told(divert.end).length, 4);
    assert.equal(lost, 4);
    assert.deepEqual(call.told, [302]);
  });

  it("gives the call up after 32 s when no ACK comes, and tells so once", () => {
    const ends: ServerTransactionEnd[] = [];
    divert.onRequest = (transaction, request) => {
      transaction.onEnd = (how) => ends.push(how);
      redirect(transaction, request);
    };
    network.loses = ({ message }) => message.kind === "request" && message.method === "ACK";
    pbx.ask(requestToSend("INVITE"), divert);
    clock.advance(32_002);
    assert.deepEqual(ends, ["timeout"]);
    assert.equal(divert.held, 0);
    assert.equal(divert.requests.length, 1);
    assert.equal(network.told(divert.end).length, 11);
  });

  it("answers a thousand copies of the INVITE alike, in one transaction", () => {
    const invite = incomingRequest("INVITE");
    for (let copy = 0; copy < 500; copy++) send(invite);
    const [first] = divert.requests;
    assert.ok(first);
    assert.ok(first.transaction.request);
    redirect(first.transaction, first.transaction.request);
    for (let copy = 0; copy < 500; copy++) send(invite);
    assert.equal(divert.requests.length, 1);
    assert.equal(divert.layer.counts().inviteServer, 1);
    const finals = network.passages.filter(
      ({ message }) => message.kind === "response" && message.status === 302,
    );
    assert.ok(finals.length > 500);
    assert.equal(new Set(finals.map(({ bytes }) => bytes.toString("latin1"))).size, 1);
  });

  it("answers a copy from another port there, with the same tag", () => {
    divert.onRequest = redirect;
    const moved = new SipEnd(network, { protocol: "UDP", address: "192.0.2.1", port: 40_000 });
    send(incomingRequest("INVITE"));
    send(incomingRequest("INVITE"), moved.flowTo(divert));
    const responses = network.passages.filter(({ from }) => from === divert.end.name);
    assert.deepEqual(
      responses.map(({ to }) => to),
      ["192.0.2.1:5060", "192.0.2.1:40000"],
    );
    assert.equal(divert.requests.length, 1);
    assert.equal(responses[0]?.message.toTag, responses[1]?.message.toTag);
  });

  it("hands up the ACK to a 2xx, which is no part of the transaction", () => {
    divert.onRequest = answer(200);
    const call = pbx.ask(requestToSend("INVITE"), divert);
    clock.advance(2);
    assert.deepEqual(call.told, [200]);
    pbx.layer.sendAck(requestToSend("ACK", { toTag: "callee" }), pbx.flowTo(divert));
    clock.advance(2);
    assert.equal(divert.acks.length, 1);
  });
});

describe("a call over TCP", () => {
  beforeEach(() => connect("TCP"));

  it("is forgotten at the ACK", () => {
    divert.onRequest = redirect;
    pbx.ask(requestToSend("INVITE"), divert);
    clock.advance(3);
    assert.deepEqual(network.told(), ["INVITE", "302 INVITE", "ACK"]);
    assert.equal(divert.held + pbx.held, 0);
    assert.equal(clock.pending, 0);
  });

  it("ends for the caller with the connection, and goes on for the called one", () => {
    const errors: string[] = [];
    divert.onRequest = (transaction) => {
      transaction.onTransportError = (error) => errors.push(error.reason);
    };
    const call = pbx.ask(requestToSend("INVITE"), divert);
    clock.advance(1);
    pbx.end.cut(divert.end);
    assert.deepEqual(call.told, ["transport error"]);
    assert.deepEqual(errors, ["closed"]);
    assert.equal(divert.requests[0]?.transaction.state, "proceeding");
    assert.equal(pbx.held, 0);
  });

  it("is told when nobody listens there", () => {
    const nobody = new SipEnd(network, at("192.0.2.9", "TCP"));
    const flow = nobody.end;
    void flow.close();
    const call = pbx.ask(requestToSend("OPTIONS"), nobody);
    clock.advance(1);
    assert.deepEqual(call.told, ["transport error"]);
  });
});

describe("CANCEL", () => {
  beforeEach(() => connect("UDP"));

  it("before the final response is answered 200 and ends the call with 487", () => {
    divert.onRequest = (transaction, request) => {
      answer(180)(transaction, request);
      transaction.onCancel = () => answer(487)(transaction, request);
    };
    const call = pbx.ask(requestToSend("INVITE"), divert);
    clock.advance(10);
    assert.equal(call.cancel(), true);
    clock.advance(10);
    assert.deepEqual(call.told, [180, 487]);
    assert.deepEqual(network.told(), ["INVITE", "180 INVITE", "CANCEL", "200 CANCEL", "487 INVITE", "ACK"]);
    const tags = network.passages
      .filter(({ from }) => from === divert.end.name)
      .map(({ message }) => message.toTag);
    assert.equal(new Set(tags).size, 1);
  });

  it("before any response waits for the 100", () => {
    const call = pbx.ask(requestToSend("INVITE"), divert);
    call.cancel();
    clock.advance(100);
    assert.deepEqual(network.told(), ["INVITE"]);
    clock.advance(200);
    assert.deepEqual(call.told, [100, 487]);
  });

  it("after the final response is answered 200 and changes nothing", () => {
    divert.onRequest = redirect;
    send(incomingRequest("INVITE"));
    send(incomingRequest("CANCEL"));
    assert.deepEqual(network.told(divert.end), ["302 INVITE", "200 CANCEL"]);
    assert.equal(divert.requests[0]?.transaction.state, "completed");
  });

  it("twice is answered twice and told once", () => {
    let told = 0;
    divert.onRequest = (transaction) => {
      transaction.onCancel = () => told++;
    };
    send(incomingRequest("INVITE"));
    send(incomingRequest("CANCEL"));
    send(incomingRequest("CANCEL"));
    assert.deepEqual(network.told(divert.end), ["200 CANCEL", "200 CANCEL"]);
    assert.equal(told, 1);
  });

  it("with an unknown branch, or from another host, is answered 481 and cancels nothing", () => {
    const stranger = new SipEnd(network, at("203.0.113.5"));
    send(incomingRequest("INVITE"));
    send(incomingRequest("CANCEL", { branch: "z9hG4bK-other" }));
    send(incomingRequest("CANCEL"), stranger.flowTo(divert));
    assert.deepEqual(network.told(divert.end), ["481 CANCEL", "481 CANCEL"]);
    assert.equal(divert.requests[0]?.transaction.state, "proceeding");
    assert.equal(divert.layer.counts().unmatchedCancels, 2);
  });
});

describe("a request that came by two ways", () => {
  beforeEach(() => connect("UDP"));

  it("is one call, and the second copy is answered 482, copies of it too", () => {
    send(incomingRequest("INVITE", { branch: "z9hG4bK-one" }));
    send(incomingRequest("INVITE", { branch: "z9hG4bK-two" }));
    send(incomingRequest("INVITE", { branch: "z9hG4bK-two" }));
    assert.equal(divert.requests.length, 1);
    assert.deepEqual(network.told(divert.end), ["482 INVITE", "482 INVITE"]);
    assert.equal(divert.layer.counts().merged, 1);
  });

  it("is a new call when the first has its final response", () => {
    divert.onRequest = redirect;
    send(incomingRequest("INVITE", { branch: "z9hG4bK-one" }));
    send(incomingRequest("INVITE", { branch: "z9hG4bK-two" }));
    assert.equal(divert.requests.length, 2);
  });

  it("is a new call when its Request-URI differs: Kamailio follows a 302 with the same Call-ID, From tag and CSeq", () => {
    send(incomingRequest("INVITE", { branch: "z9hG4bK-one", requestUri: "sip:101@192.0.2.2" }));
    send(incomingRequest("INVITE", { branch: "z9hG4bK-two", requestUri: "sip:102@192.0.2.2" }));
    assert.equal(divert.requests.length, 2);
    assert.equal(divert.layer.counts().merged, 0);
  });

  it("is looked for outside dialogs alone", () => {
    send(incomingRequest("INFO", { branch: "z9hG4bK-one", toTag: "callee" }));
    send(incomingRequest("INFO", { branch: "z9hG4bK-two", toTag: "callee" }));
    assert.equal(divert.requests.length, 2);
  });

  it("is another request when the method differs", () => {
    send(incomingRequest("INVITE"));
    send(incomingRequest("OPTIONS"));
    assert.equal(divert.requests.length, 2);
  });
});

describe("a client of RFC 2543, whose branch says nothing", () => {
  beforeEach(() => connect("UDP"));

  it("is understood by Call-ID, From tag, CSeq, Request-URI and Via", () => {
    divert.onRequest = redirect;
    for (const branch of ["1", "z9hG4bK"]) {
      const callId = `call-${branch}`;
      send(incomingRequest("INVITE", { branch, callId }));
      send(incomingRequest("INVITE", { branch, callId }));
      send(incomingRequest("INVITE", { branch, callId, cseq: 2 }));
      send(incomingRequest("ACK", { branch, callId, toTag: "ours" }));
    }
    const states = divert.requests.map(({ transaction }) => transaction.state);
    assert.deepEqual(states, ["confirmed", "completed", "confirmed", "completed"]);
    assert.deepEqual(divert.acks, []);
  });

  it("can cancel", () => {
    send(incomingRequest("INVITE", { branch: "1" }));
    send(incomingRequest("CANCEL", { branch: "1" }));
    assert.deepEqual(network.told(divert.end), ["200 CANCEL", "487 INVITE"]);
  });
});

describe("responses that nobody waits for", () => {
  beforeEach(() => connect("UDP"));

  it("are dropped and change nothing", () => {
    const call = pbx.ask(requestToSend("INVITE"), divert);
    clock.advance(2);
    const [asked] = divert.requests;
    assert.ok(asked);
    const toPbx = divert.flowTo(pbx);
    const right = asked.request;
    const branch = right.topVia?.branch ?? "";

    send(responseTo(incomingRequest("INVITE", { branch: "z9hG4bKwrong" }), 200), toPbx);
    send(responseTo(incomingRequest("REGISTER", { branch }), 200), toPbx);
    const twoVias = responseTo(right, 302);
    twoVias.headers.append("Via", "SIP/2.0/UDP 192.0.2.77;branch=z9hG4bK-behind");
    send(twoVias, toPbx);
    assert.deepEqual(call.told, []);
    assert.equal(pbx.layer.counts().strayResponses, 3);

    send(responseTo(right, 486), toPbx);
    assert.deepEqual(call.told, [486]);
  });
});

describe("a flood", () => {
  it("is answered 503 with Retry-After above the limit, and leaves room for who is trusted", () => {
    clock = new FakeClock();
    network = new LoopbackNetwork(clock, new SeededRandom());
    pbx = new SipEnd(network, at("192.0.2.1"));
    const stranger = new SipEnd(network, at("203.0.113.5"));
    divert = new SipEnd(network, at("192.0.2.2"), {
      limits: { serverTransactions: 20, strangerTransactions: 10, retryAfterSeconds: 5 },
      isTrusted: (flow) => flow.remoteAddress === "192.0.2.1",
    });
    divert.onRequest = answer(403);
    const flood = (from: SipEnd): void => {
      for (let call = 0; call < 30; call++) {
        const sketch = { branch: `z9hG4bK-${from.end.name}-${call}`, callId: `${from.end.name}-${call}` };
        send(incomingRequest("INVITE", sketch), from.flowTo(divert));
      }
    };
    flood(stranger);
    assert.equal(divert.layer.counts().inviteServer, 10);
    flood(pbx);
    assert.equal(divert.layer.counts().inviteServer, 20);
    assert.equal(divert.layer.counts().overloaded, 40);
    const refused = network.passages.filter(
      ({ message }) => message.kind === "response" && message.status === 503,
    );
    assert.equal(refused.length, 40);
    assert.equal(refused[0]?.message.headers.get("Retry-After"), "5");
    clock.advance(33_000);
    assert.equal(divert.held, 0);
  });
});

describe("the layer", () => {
  beforeEach(() => connect("UDP"));

  it("gives copies of a request the same tag when it answers without remembering", () => {
    const options = incomingRequest("OPTIONS");
    const other = incomingRequest("OPTIONS", { callId: "call-2" });
    for (const request of [options, options, other]) {
      divert.layer.respondStatelessly(request, divert.flowTo(pbx), 404);
    }
    divert.layer.respondStatelessly(incomingRequest("ACK"), divert.flowTo(pbx), 404);
    const tags = network.passages.map(({ message }) => message.toTag);
    assert.equal(tags.length, 3);
    assert.equal(tags[0], tags[1]);
    assert.notEqual(tags[0], tags[2]);
    assert.equal(divert.held, 0);
  });

  it("answers 500 when its user fails, and goes on", () => {
    divert.onRequest = () => {
      throw new Error("a bug");
    };
    const call = pbx.ask(requestToSend("OPTIONS"), divert);
    clock.advance(10);
    assert.deepEqual(call.told, [500]);
    assert.equal(divert.layer.counts().bugs, 1);
  });

  it("survives a user that fails in a timer", () => {
    const layer = pbx.layer;
    layer.sendRequest(requestToSend("OPTIONS"), pbx.flowTo(divert), {
      onResponse: () => undefined,
      onTimeout: () => {
        throw new Error("a bug");
      },
      onTransportError: () => undefined,
    });
    clock.advance(32_000);
    assert.equal(layer.counts().bugs, 1);
  });

  it("survives a user that fails when a message cannot be sent", () => {
    const { layer } = pbx;
    let report: (() => void) | undefined;
    const flow: Flow = {
      ...pbx.flowTo(divert),
      send: (_bytes, onError) => (report = () => onError?.({ reason: "refused", detail: "nobody listens" })),
    };
    layer.sendRequest(requestToSend("OPTIONS"), flow, {
      onResponse: () => undefined,
      onTimeout: () => undefined,
      onTransportError: () => {
        throw new Error("a bug");
      },
    });
    assert.doesNotThrow(() => report?.());
    assert.equal(layer.counts().bugs, 1);
  });

  it("forgets a request that is abandoned without a word", () => {
    divert.onRequest = (transaction) => transaction.abandon();
    send(incomingRequest("INVITE"));
    send(incomingRequest("INVITE"));
    assert.deepEqual(network.told(divert.end), []);
    assert.equal(divert.requests.length, 2);
    assert.equal(divert.held, 0);
    assert.equal(clock.pending, 0);
  });

  it("leaves no timer behind when it is closed, and may be closed twice", () => {
    pbx.ask(requestToSend("INVITE"), divert);
    clock.advance(2);
    pbx.layer.close();
    pbx.layer.close();
    divert.layer.close();
    assert.equal(clock.pending, 0);
  });

  it("puts a fresh branch and rport on each request and leaves the caller's request alone", () => {
    const request = requestToSend("OPTIONS");
    const flow = pbx.flowTo(divert);
    const user = {
      onResponse: () => undefined,
      onTimeout: () => undefined,
      onTransportError: () => undefined,
    };
    const first = pbx.layer.sendRequest(request, flow, user);
    const second = pbx.layer.sendRequest(request, flow, user);
    assert.notEqual(first.branch, second.branch);
    assert.match(first.branch, /^z9hG4bK[0-9a-f]{32}$/);
    assert.equal(request.headers.has("Via"), false);
    assert.equal(network.passages[0]?.message.topVia?.rport, "requested");
  });
});
