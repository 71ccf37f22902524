import assert from "node:assert/strict";
import { test } from "node:test";
import type { Timer } from "../../base/clock.ts";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { FakeRegistrar, fakeFlow } from "../../../test/support/fake-registrar.ts";
import { SeededRandom } from "../../../test/support/seeded-random.ts";
import { DigestClient } from "../auth/digest-client.ts";
import { createResponse } from "../message/build.ts";
import { noParameters } from "../message/parameters.ts";
import type { ContactAddress } from "./contact-address.ts";
import { figure } from "./registration-figure.ts";
import { Registration } from "./registration.ts";
import type { Registrar } from "./registrar.ts";

const contactUser = "abcdef0123456789";

interface Options {
  readonly expiresInSeconds?: number;
  readonly password?: string;
  readonly realm?: string;
  readonly registrar?: Partial<Registrar>;
}

function setUp(options: Options = {}) {
  const clock = new FakeClock();
  const random = new SeededRandom(3);
  const pbx = new FakeRegistrar(clock);
  let address: ContactAddress = { host: "127.0.0.1", port: 5060 };
  const told: string[] = [];
  const statuses: string[] = [];
  let turn: Timer | undefined;
  const registrar: Registrar = {
    uri: { scheme: "sip", host: "pbx.example", parameters: noParameters },
    expiresInSeconds: options.expiresInSeconds ?? 300,
    sender: pbx,
    clock,
    random,
    contactAddress: () => address,
    isAcceptedSource: (flow) => flow.remoteAddress === "192.0.2.1",
    isAcceptedHost: (uri) => uri.host === "192.0.2.1",
    sent: () => undefined,
    answered: () => told.push("answered"),
    ...options.registrar,
  };
  const credentials = { username: "101", password: options.password ?? "secret" };
  const registration: Registration = new Registration(
    registrar,
    {
      addressOfRecord: "sip:101@pbx.example",
      contactUser,
      digest: new DigestClient(
        options.realm === undefined ? credentials : { ...credentials, realm: options.realm },
        random,
      ),
    },
    {
      wantsTurn: (at) => {
        turn?.cancel();
        turn = clock.after(at - clock.now(), () => registration.turn());
      },
      changed: () => statuses.push(registration.status),
      seenElsewhere: (seen) => {
        address = seen;
        registration.renew();
      },
      unanswered: ({ code }) => told.push(code),
      bindingSeen: (isPresent) => told.push(isPresent ? "present" : "missing"),
      closed: () => told.push("closed"),
    },
  );
  const requests = () => pbx.arrivals.map(({ request }) => request);
  return { clock, pbx, registration, told, statuses, requests };
}

test("it registers with digest, one Call-ID, rising CSeq, and the token as user of its Contact", () => {
  const { clock, pbx, registration, requests, statuses } = setUp();
  registration.start();
  clock.advance(100);
  assert.equal(registration.status, "registered");
  assert.deepEqual(statuses, ["waiting", "registering", "registered"]);
  assert.deepEqual(pbx.contactsOf("101"), [`sip:${contactUser}@127.0.0.1:5060`]);
  assert.deepEqual(
    requests().map(({ cseq }) => cseq.number),
    [1, 2],
  );
  assert.equal(new Set(requests().map(({ callId }) => callId)).size, 1);
  assert.equal(requests()[0]?.requestUri, "sip:pbx.example");
  assert.equal(requests()[0]?.headers.get("Expires"), "300");
});

test("the binding is refreshed before it expires, with credentials at once, for as long as it runs", () => {
  const { clock, pbx, registration, requests } = setUp({ expiresInSeconds: 300 });
  registration.start();
  for (let second = 0; second < 3600; second++) {
    clock.advance(1000);
    assert.equal(pbx.size, 1, `no binding after ${second} s`);
  }
  const refreshes = requests().length;
  // Every other refresh finds the nonce too old, which costs one request more.
  assert.ok(refreshes >= 3600 / 260 && refreshes <= (1.5 * 3600) / 180 + 2, `${refreshes} in an hour`);
});

test("a wrong password is rejected after one answer, and tried again no sooner than after 30 s", () => {
  const { clock, registration, requests } = setUp({ password: "wrong" });
  registration.start();
  clock.advance(30_000);
  assert.equal(registration.status, "rejected");
  assert.equal(registration.failure?.code, "wrong-credentials");
  assert.equal(requests().length, 2);
  clock.advance(3_600_000);
  assert.ok(requests().length <= 2 * 10, `${requests().length} in an hour`);
});

test("a stale nonce costs one more request", () => {
  const { clock, pbx, registration, requests } = setUp();
  registration.start();
  clock.advance(1000);
  pbx.restart();
  const before = requests().length;
  clock.advance(270_000);
  assert.equal(registration.status, "registered");
  assert.equal(requests().length, before + 2);
});

test("a challenge from a foreign address gets no answer", () => {
  const { clock, pbx, registration, requests } = setUp();
  pbx.flow = fakeFlow("198.51.100.9");
  registration.start();
  clock.advance(1000);
  assert.equal(registration.failure?.code, "foreign-challenge");
  assert.equal(
    requests().some(({ headers }) => headers.has("Authorization")),
    false,
  );
});

test("423: it asks again for what the registrar wants at least, once", () => {
  const { clock, pbx, registration, requests } = setUp({ expiresInSeconds: 60 });
  pbx.answers = (request) =>
    Number(request.headers.get("Expires")) < 600
      ? createResponse(request, 423, undefined, { headers: [["Min-Expires", "600"]] })
      : undefined;
  registration.start();
  clock.advance(1000);
  assert.equal(registration.status, "registered");
  assert.equal(requests().at(-1)?.headers.get("Expires"), "600");
  pbx.answers = (request) =>
    createResponse(request, 423, undefined, {
      headers: [["Min-Expires", String(Number(request.headers.get("Expires")) * 2)]],
    });
  const before = requests().length;
  registration.tryNow();
  clock.advance(1000);
  assert.equal(requests().length, before + 2);
  assert.equal(registration.status, "rejected");
});

test("a redirection is followed to an accepted host alone, and not for ever", () => {
  const { clock, pbx, registration, requests } = setUp();
  const redirect = (to: string) => {
    pbx.answers = (request) => createResponse(request, 302, undefined, { headers: [["Contact", to]] });
  };
  redirect("<sip:x@evil.example>");
  registration.start();
  clock.advance(1000);
  assert.equal(registration.failure?.code, "foreign-redirect");
  assert.equal(requests().length, 1);
  redirect("<sip:x@192.0.2.1:5080;transport=tcp>");
  clock.advance(60_000);
  assert.deepEqual(
    requests()
      .slice(1)
      .map(({ requestUri }) => requestUri),
    ["sip:pbx.example", "sip:192.0.2.1:5080;transport=tcp", "sip:192.0.2.1:5080;transport=tcp"],
  );
});

test("a binding that a killed run has left at another address is removed, once", () => {
  const { clock, pbx, registration, requests } = setUp();
  const stale = `sip:${contactUser}@127.0.0.1:5099`;
  const others = "sip:someone@127.0.0.1:5070";
  pbx.bindings.set("101", new Map([stale, others].map((uri) => [uri, clock.now() + 200_000])));
  registration.start();
  clock.advance(1000);
  assert.deepEqual(pbx.contactsOf("101"), [others, `sip:${contactUser}@127.0.0.1:5060`]);
  assert.equal(registration.status, "registered");
  assert.ok((registration.binding?.expiresAt ?? 0) > clock.now() + 290_000);
  assert.equal(requests().length, 3);
});

test("a left-over binding at the address where the registrar sees us is the one to keep", () => {
  const { clock, pbx, registration } = setUp();
  const seen = `sip:${contactUser}@203.0.113.7:4000`;
  pbx.seesFrom = { received: "203.0.113.7", rport: 4000 };
  pbx.bindings.set("101", new Map([[seen, clock.now() + 200_000]]));
  registration.start();
  clock.advance(1000);
  assert.deepEqual(pbx.contactsOf("101"), [seen]);
});

test("a registrar that keeps a left-over binding is not asked again and again", () => {
  const { clock, pbx, registration, requests } = setUp();
  const keep = () => {
    const contacts = pbx.bindings.get("101") ?? new Map<string, number>();
    pbx.bindings.set("101", contacts.set(`sip:${contactUser}@127.0.0.1:5099`, clock.now() + 900_000));
    return undefined;
  };
  pbx.answers = keep;
  registration.start();
  clock.advance(100_000);
  assert.equal(registration.status, "registered");
  assert.ok(requests().length <= 3, `${requests().length} requests`);
});

test("a redirection leads away from the registrar's host, but not from an outbound proxy", () => {
  const hops = (registrar: Partial<Registrar>): string[] => {
    const { clock, pbx, registration } = setUp({ registrar });
    const seen: string[] = [];
    const send = pbx.send.bind(pbx);
    pbx.send = (request, sent) => {
      seen.push(sent.nextHop.host);
      return send(request, sent);
    };
    pbx.answers = ({ requestUri }) => {
      const headers = [["Contact", "<sip:192.0.2.1:5080>"]] as const;
      return requestUri === "sip:pbx.example"
        ? createResponse(pbx.arrivals.at(-1)?.request ?? assert.fail(), 302, undefined, { headers })
        : undefined;
    };
    registration.start();
    clock.advance(100);
    assert.equal(registration.status, "registered");
    return [...new Set(seen)];
  };
  const host = (name: string) => ({ scheme: "sip", host: name, parameters: noParameters }) as const;
  assert.deepEqual(hops({ nextHop: host("registrar.example") }), ["registrar.example", "192.0.2.1"]);
  assert.deepEqual(hops({ proxy: host("proxy.example") }), ["proxy.example"]);
});

test("503: what Retry-After says is waited for, and the registrar counts as down", () => {
  const { clock, pbx, registration, requests, told } = setUp();
  pbx.answers = (request) => createResponse(request, 503, undefined, { headers: [["Retry-After", "120"]] });
  registration.start();
  clock.advance(119_000);
  assert.equal(requests().length, 1);
  assert.deepEqual(told, ["unavailable"]);
  assert.equal(registration.status, "waiting");
  pbx.answers = () => undefined;
  clock.advance(5000);
  assert.equal(registration.status, "registered");
  assert.equal(registration.failure, undefined);
});

test("a registrar that falls silent: the binding is held on to until it expires, tries come less and less often", () => {
  const { clock, pbx, registration, requests } = setUp();
  registration.start();
  clock.advance(1000);
  pbx.answers = () => "silence";
  clock.advance(295_000);
  assert.equal(registration.status, "registered");
  assert.equal(registration.failure?.code, "timeout");
  clock.advance(5000);
  assert.equal(registration.isBound, false);
  assert.notEqual(registration.status, "registered");
  const before = requests().length;
  clock.advance(6 * 3_600_000);
  const tries = requests().length - before;
  assert.ok(tries >= 12 && tries <= 40, `${tries} in six hours`);
  pbx.answers = () => undefined;
  clock.advance(1_900_000);
  assert.equal(registration.status, "registered");
});

test("seen at another address, it registers the new Contact and removes the old in one request", () => {
  const { clock, pbx, registration, requests } = setUp();
  pbx.seesFrom = { received: "203.0.113.7", rport: 40_000 };
  registration.start();
  clock.advance(1000);
  assert.deepEqual(pbx.contactsOf("101"), [`sip:${contactUser}@203.0.113.7:40000`]);
  assert.deepEqual(requests().at(-1)?.headers.all("Contact"), [
    `<sip:${contactUser}@203.0.113.7:40000>`,
    `<sip:${contactUser}@127.0.0.1:5060>;expires=0`,
  ]);
  assert.equal(requests().length, 3);
});

test("a query has neither Contact nor Expires, and tells whether the binding is there", () => {
  const { clock, pbx, registration, requests, told } = setUp();
  registration.start();
  clock.advance(1000);
  assert.equal(registration.query(), true);
  assert.equal(registration.query(), false);
  clock.advance(1000);
  assert.equal(requests().at(-1)?.headers.has("Contact"), false);
  assert.equal(requests().at(-1)?.headers.has("Expires"), false);
  assert.equal(told.at(-1), "present");
  pbx.restart();
  registration.query();
  clock.advance(1000);
  assert.equal(told.at(-2), "missing");
  assert.equal(pbx.size, 1, "it is registered anew");
});

test("closing removes the binding, also when a refresh is under way; it is told once", () => {
  const { clock, pbx, registration, requests, told } = setUp();
  registration.start();
  clock.advance(1000);
  registration.tryNow();
  registration.close();
  clock.advance(1000);
  assert.equal(pbx.size, 0);
  assert.equal(requests().at(-1)?.headers.get("Expires"), "0");
  assert.equal(told.filter((what) => what === "closed").length, 1);
  assert.equal(registration.status, "unregistered");
  const before = requests().length;
  clock.advance(3_600_000);
  assert.equal(requests().length, before);
});

test("a registrar that grants no time is not asked over and over", () => {
  const { clock, pbx, registration, requests } = setUp();
  pbx.answers = (request) => createResponse(request, 200, undefined, { headers: [["Expires", "0"]] });
  registration.start();
  clock.advance(29_000);
  assert.equal(registration.failure?.code, "not-bound");
  assert.equal(registration.status, "waiting");
  assert.equal(requests().length, 1);
});

test("a registrar that grants a second makes us send no more than every five", () => {
  const { clock, pbx, registration, requests } = setUp();
  pbx.answers = (request) => createResponse(request, 200, undefined, { headers: [["Expires", "1"]] });
  registration.start();
  clock.advance(60_000);
  assert.ok(requests().length <= 13, `${requests().length}`);
});

test("whatever happens where the figure has no arrow changes nothing", () => {
  const { registration } = setUp();
  const events = ["turn", "query", "expired", "binding lost", "close"] as const;
  for (const event of events) {
    assert.equal(figure.unregistered[event], undefined);
    assert.equal(registration.handle(event, undefined), false);
    assert.equal(registration.state, "unregistered");
  }
});

test("every state but the resting one has a way out for each outcome of what it sent", () => {
  for (const state of ["registering", "refreshing", "querying", "leaving", "unregistering"] as const) {
    for (const event of ["accepted", "refused", "failed"] as const) {
      assert.ok(figure[state][event] !== undefined, `${state} ${event}`);
    }
  }
});
