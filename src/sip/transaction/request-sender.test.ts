import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { LoopbackNetwork } from "../../../test/support/loopback-network.ts";
import type { LoopbackEnd } from "../../../test/support/loopback-network.ts";
import { requestToSend } from "../../../test/support/messages.ts";
import { SeededRandom } from "../../../test/support/seeded-random.ts";
import { SipEnd } from "../../../test/support/sip-end.ts";
import { fail, succeed } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import { createResponse } from "../message/build.ts";
import type { SipRequest } from "../message/message.ts";
import { parseSipUri } from "../message/uri.ts";
import type { SipUri } from "../message/uri.ts";
import type { Endpoint, TransportProtocol } from "../transport/transport.ts";
import { LocatingRequestSender } from "./request-sender.ts";
import type { RequestOutcome, SendOptions, SentRequest } from "./request-sender.ts";
import type { ServerTransaction } from "./transaction-user.ts";

const first: Endpoint = { protocol: "UDP", address: "192.0.2.1", port: 5060 };
const second: Endpoint = { protocol: "UDP", address: "192.0.2.2", port: 5060 };
const nextHop = uri("sip:pbx.example");

let clock: FakeClock;
let network: LoopbackNetwork;
let ours: SipEnd;
/** Our listening points. */
let points: Map<TransportProtocol, LoopbackEnd>;
let sender: LocatingRequestSender;
/** What DNS says. */
let located: Result<readonly Endpoint[], string>;
let outcomes: RequestOutcome[];

beforeEach(() => {
  clock = new FakeClock();
  network = new LoopbackNetwork(clock, new SeededRandom());
  ours = new SipEnd(network, { protocol: "UDP", address: "192.0.2.100", port: 5060 });
  points = new Map([["UDP", ours.end]]);
  located = succeed([first, second]);
  outcomes = [];
  sender = new LocatingRequestSender({
    clock,
    layer: ours.layer,
    locate: () => Promise.resolve(located),
    flowTo: ({ protocol, address, port }) => points.get(protocol)?.flowTo(address, port),
  });
});

function openTcp(): void {
  points.set("TCP", ours.listen(network, { protocol: "TCP", address: "192.0.2.100", port: 5060 }));
}

function uri(text: string): SipUri {
  return parseSipUri(text) ?? assert.fail(`no URI: ${text}`);
}

function server(endpoint: Endpoint, status?: number): SipEnd {
  const end = new SipEnd(network, endpoint);
  if (status !== undefined) end.onRequest = answer(status);
  return end;
}

function answer(status: number): (transaction: ServerTransaction, request: SipRequest) => void {
  return (transaction, request) => {
    transaction.respond(createResponse(request, status, undefined, { toTag: transaction.localTag }));
  };
}

function send(request: SipRequest, options: Partial<SendOptions> = {}): SentRequest {
  return sender.send(request, { nextHop, onOutcome: (outcome) => outcomes.push(outcome), ...options });
}

/** The outcomes in short: a status, `timeout`, or why it was unreachable. */
function told(): (number | string)[] {
  return outcomes.map((outcome) => {
    if (outcome.kind === "response") return outcome.response.status;
    return outcome.kind === "timeout" ? "timeout" : outcome.detail;
  });
}

describe("a request", () => {
  it("goes to the first server that was located, and its answer is the outcome", async () => {
    const pbx = server(first, 200);
    const other = server(second, 200);
    send(requestToSend("REGISTER"));
    await clock.advanceAsync(10);
    assert.deepEqual(told(), [200]);
    assert.deepEqual([pbx.requests.length, other.requests.length], [1, 0]);
  });

  it("goes on to the next server after a 503, with a fresh branch", async () => {
    const pbx = server(first, 503);
    const other = server(second, 401);
    send(requestToSend("REGISTER"));
    await clock.advanceAsync(10);
    assert.deepEqual(told(), [401]);
    const branches = [pbx, other].map((end) => end.requests[0]?.request.topVia?.branch);
    assert.notEqual(branches[0], branches[1]);
  });

  it("has the 503 as its outcome when no server is left", async () => {
    server(first, 503);
    server(second, 503);
    send(requestToSend("REGISTER"));
    await clock.advanceAsync(10);
    assert.deepEqual(told(), [503]);
  });

  it("goes on to the next server after four seconds of silence", async () => {
    server(second, 200);
    send(requestToSend("REGISTER"));
    await clock.advanceAsync(3_999);
    assert.deepEqual(told(), []);
    await clock.advanceAsync(10);
    assert.deepEqual(told(), [200]);
  });

  it("waits the full 32 s for the last server, and for one that is at work", async () => {
    const pbx = server(first, 100);
    send(requestToSend("REGISTER"));
    await clock.advanceAsync(31_999);
    assert.deepEqual(told(), []);
    await clock.advanceAsync(10);
    assert.deepEqual(told(), ["timeout"]);
    assert.equal(pbx.requests.length, 1);
  });

  it("that has been heard of goes to no other server when the connection closes (RFC 3263 §4.3)", async () => {
    openTcp();
    const ringing: Endpoint = { ...first, protocol: "TCP" };
    const other: Endpoint = { ...second, protocol: "TCP" };
    located = succeed([ringing, other]);
    const pbx = server(ringing, 180);
    const unused = server(other, 200);
    send(requestToSend("INVITE"));
    await clock.advanceAsync(10);
    assert.deepEqual(told(), []);
    points.get("TCP")?.cut(pbx.end);
    await clock.advanceAsync(10);
    assert.deepEqual(told(), ["the connection was closed"]);
    assert.equal(unused.requests.length, 0);
  });

  it("tries a server that failed last for a minute, then first again", async () => {
    const other = server(second, 200);
    send(requestToSend("REGISTER"));
    await clock.advanceAsync(5_000);
    const before = network.passages.length;
    send(requestToSend("REGISTER", { callId: "call-2" }));
    await clock.advanceAsync(10);
    assert.deepEqual(
      network.passages.slice(before).map(({ to }) => to),
      [other.end.name, "192.0.2.100:5060"],
    );
    await clock.advanceAsync(60_000);
    server(first, 200);
    const later = network.passages.length;
    send(requestToSend("REGISTER", { callId: "call-3" }));
    await clock.advanceAsync(10);
    assert.equal(network.passages[later]?.to, "192.0.2.1:5060");
  });

  it("is unreachable when no server is found or no transport fits", async () => {
    located = fail("pbx.example has no address");
    send(requestToSend("REGISTER"));
    await clock.advanceAsync(0);
    located = succeed([{ ...first, protocol: "TLS" }]);
    send(requestToSend("REGISTER"));
    await clock.advanceAsync(0);
    assert.deepEqual(told(), ["pbx.example has no address", "no TLS transport to reach 192.0.2.1"]);
  });

  it("takes the preferred flow without asking DNS, and asks when that flow is closed", async () => {
    const pbx = server(second, 200);
    located = succeed([first]);
    const flow = ours.flowTo(pbx);
    send(requestToSend("OPTIONS"), { preferredFlow: flow });
    await clock.advanceAsync(10);
    assert.deepEqual(told(), [200]);

    const elsewhere = server(first, 404);
    send(requestToSend("OPTIONS"), { preferredFlow: { ...flow, isOpen: false, send: () => assert.fail() } });
    await clock.advanceAsync(10);
    assert.deepEqual(told(), [200, 404]);
    assert.equal(elsewhere.requests.length, 1);
  });

  it("that is for one flow goes by it or not at all, whatever its next hop is", async () => {
    openTcp();
    const phone = server(second);
    const elsewhere = [server(first, 200), server({ ...second, protocol: "TCP" }, 200)];
    located = succeed([first]);
    const large = requestToSend("OPTIONS", { headers: [["Subject", "x".repeat(1_300)]] });
    const flow = ours.flowTo(phone);
    phone.onRequest = answer(503);
    send(requestToSend("OPTIONS"), { onlyFlow: flow });
    send(large, { onlyFlow: flow });
    send(requestToSend("OPTIONS"), { onlyFlow: { ...flow, isOpen: false, send: () => assert.fail() } });
    assert.deepEqual(told(), []);
    await clock.advanceAsync(10);
    assert.deepEqual(told(), ["the connection to it has closed", 503, 503]);
    phone.onRequest = () => undefined;
    send(requestToSend("OPTIONS"), { onlyFlow: flow });
    await clock.advanceAsync(32_100);
    assert.deepEqual(told().at(-1), "timeout");
    assert.deepEqual(
      elsewhere.map(({ requests }) => requests.length),
      [0, 0],
    );
  });

  it("can be made to fit the flow by which it goes", async () => {
    const pbx = server(first, 200);
    send(requestToSend("REGISTER"), {
      prepare: (request, flow) => {
        request.headers.set("Contact", `<sip:${flow.localAddress}:${flow.localPort}>`);
        return request;
      },
    });
    await clock.advanceAsync(10);
    assert.equal(pbx.requests[0]?.request.headers.get("Contact"), "<sip:192.0.2.100:5060>");
  });

  it("that is given up tells nothing any more", async () => {
    server(first);
    const sent = send(requestToSend("REGISTER"));
    await clock.advanceAsync(10);
    sent.cancel();
    sent.cancel();
    await clock.advanceAsync(70_000);
    assert.deepEqual(told(), []);
    assert.equal(clock.pending, 0);
  });
});

describe("a request above 1,300 bytes", () => {
  const large = (): SipRequest => requestToSend("INVITE", { headers: [["Subject", "x".repeat(1_300)]] });
  const overTcp: Endpoint = { ...first, protocol: "TCP" };

  it("goes by TCP where we have it", async () => {
    openTcp();
    const pbx = server(overTcp, 486);
    send(large());
    await clock.advanceAsync(10);
    assert.deepEqual(told(), [486]);
    assert.match(pbx.requests[0]?.request.headers.get("Via") ?? "", /^SIP\/2.0\/TCP /);
  });

  it("goes by UDP after all when the server refuses TCP, and the next one at once", async () => {
    openTcp();
    server(first, 486);
    send(large());
    await clock.advanceAsync(10);
    assert.deepEqual(told(), [486]);
    const before = network.passages.length;
    send(large());
    await clock.advanceAsync(10);
    assert.equal(network.passages[before]?.message.topVia?.protocol, "UDP");
  });

  it("goes by UDP where we have no TCP", async () => {
    server(first, 486);
    send(large());
    await clock.advanceAsync(10);
    assert.deepEqual(told(), [486]);
  });
});

describe("an INVITE", () => {
  it("that is cancelled while it rings ends with 487 and goes nowhere else", async () => {
    const pbx = server(first);
    const provisionals: number[] = [];
    pbx.onRequest = answer(180);
    const sent = send(requestToSend("INVITE"), {
      onProvisional: (response) => provisionals.push(response.status),
    });
    await clock.advanceAsync(10);
    sent.cancel([["Reason", "SIP;cause=200"]]);
    await clock.advanceAsync(10);
    assert.deepEqual(provisionals, [180]);
    assert.deepEqual(told(), [487]);
    assert.equal(network.passages.find(({ message }) => message.headers.has("Reason"))?.to, "192.0.2.1:5060");
  });

  it("that is cancelled before the server was located is never sent", async () => {
    server(first, 200);
    send(requestToSend("INVITE")).cancel();
    await clock.advanceAsync(10);
    assert.deepEqual(told(), ["taken back before it was sent"]);
    assert.deepEqual(network.passages, []);
  });

  it("tells of each further 2xx, so that it is acknowledged again", async () => {
    const pbx = server(first, 200);
    const further: number[] = [];
    send(requestToSend("INVITE"), { onFurtherSuccess: (response) => further.push(response.status) });
    await clock.advanceAsync(10);
    const [asked] = pbx.requests;
    assert.ok(asked);
    answer(200)(asked.transaction, asked.request);
    await clock.advanceAsync(10);
    assert.deepEqual(told(), [200]);
    assert.deepEqual(further, [200]);
  });

  it("is not moved to the next server by silence before timer B", async () => {
    const other = server(second, 200);
    send(requestToSend("INVITE"));
    await clock.advanceAsync(31_999);
    assert.equal(other.requests.length, 0);
    await clock.advanceAsync(10);
    assert.deepEqual(told(), [200]);
  });
});
