import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../base/logger.ts";
import { groupDefaults, type LineGroup } from "../directory/installation.ts";
import { effectiveProfile } from "../pbx/effective-profile.ts";
import type { PbxConfiguration } from "../pbx/pbx-configuration.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { FakeRegistrar, fakeFlow } from "../../test/support/fake-registrar.ts";
import { SeededRandom } from "../../test/support/seeded-random.ts";
import { createResponse } from "../sip/message/build.ts";
import type { HeldLineConfiguration } from "./line.ts";
import { Lines } from "./lines.ts";
import type { LineInstallation } from "./lines.ts";
import type { ResolveAddresses } from "./accepted-addresses.ts";

const group: LineGroup = {
  id: "sales",
  pbx: "hq",
  answers: { busy: 486, noPhone: 480, declined: 603, dnd: 486 },
  busyCounts: "calls",
  ...groupDefaults,
};

const hq: PbxConfiguration = {
  id: "hq",
  profile: "generic",
  site: "starnberg",
  registrar: "sip:pbx.example",
  domain: "pbx.example",
  redirect: "auto",
  addresses: ["198.51.100.0/24"],
  overrides: {},
};

function line(number: number, changes: Partial<HeldLineConfiguration> = {}): HeldLineConfiguration {
  const id = String(number);
  return {
    id,
    group: "sales",
    extension: id,
    username: id,
    password: "secret",
    secondCall: "yes",
    callWaiting: true,
    contactToken: number.toString(16).padStart(32, "0"),
    ...changes,
  };
}

function installation(count: number, changes: Partial<LineInstallation> = {}): LineInstallation {
  const lines = Array.from({ length: count }, (_, index) => line(1000 + index));
  return { pbxs: [hq], profileOf: effectiveProfile, groups: [group], lines, ...changes };
}

function setUp() {
  const clock = new FakeClock();
  const pbx = new FakeRegistrar(clock);
  const changed: string[] = [];
  const pbxStates: string[] = [];
  const ports = {
    sender: pbx,
    resolveAddresses: (() => Promise.resolve({ ok: true, value: ["192.0.2.1"] })) as ResolveAddresses,
    contactAddress: () => ({ host: "127.0.0.1", port: 5060 }),
    clock,
    random: new SeededRandom(5),
    logger: silentLogger,
  };
  const lines: Lines = new Lines(ports, {
    lineChanged: (of) => changed.push(`${of.id} ${of.registration.state}`),
    pbxChanged: (_id, { state }) => pbxStates.push(state),
  });
  const states = () => {
    const count = { registered: 0, others: 0 };
    for (const { registration } of lines.all())
      count[registration.state === "registered" ? "registered" : "others"]++;
    return count;
  };
  return { clock, pbx, lines, ports, changed, pbxStates, states };
}

/** The most requests in any second. */
function peak(times: readonly number[]): number {
  let most = 0;
  let from = 0;
  for (const [to, time] of times.entries()) {
    while (time - (times[from] ?? 0) >= 1000) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

test("500 lines register: one ahead, then all within 30 s, never more than 50 requests a second", async () => {
  const { clock, pbx, lines, states, pbxStates } = setUp();
  lines.sync(installation(500));
  await clock.advanceAsync(30_000);
  assert.deepEqual(states(), { registered: 500, others: 0 });
  assert.equal(pbx.size, 500);
  assert.deepEqual(pbxStates, ["up"]);
  assert.ok(peak(pbx.arrivals.map(({ at }) => at)) <= 50);
  assert.equal(pbx.arrivals[0]?.user, "1000");
  assert.equal(
    pbx.arrivals.findIndex(({ user }) => user === "1001"),
    2,
  );
});

test("C13: a PBX that is silent for ten minutes is tried by one line at a time; all are back within 60 s", async () => {
  const { clock, pbx, lines, states, pbxStates } = setUp();
  lines.sync(installation(500));
  await clock.advanceAsync(30_000);
  pbx.answers = () => "silence";
  await clock.advanceAsync(90_000);
  const downAt = clock.now();
  await clock.advanceAsync(510_000);
  assert.equal(lines.pbx("hq")?.state, "down");
  assert.deepEqual(states(), { registered: 0, others: 500 });
  const tries = pbx.arrivals.filter(({ at }) => at >= downAt);
  assert.ok(tries.length >= 6 && tries.length <= 17, `${tries.length} tries in 510 s`);
  for (const { at, user } of tries) {
    const again = tries.filter((other) => other.user === user && other.at > at && other.at < at + 30_000);
    assert.equal(again.length, 0);
  }

  const backAt = clock.now();
  pbx.answers = () => undefined;
  await clock.advanceAsync(60_000);
  assert.deepEqual(states(), { registered: 500, others: 0 });
  assert.ok(peak(pbx.arrivals.filter(({ at }) => at >= backAt).map(({ at }) => at)) <= 50);
  assert.deepEqual(pbxStates, ["up", "down", "up"]);
});

test("C13: connections refused, 503 with Retry-After: likewise, and what Retry-After says is waited for", async () => {
  const { clock, pbx, lines, states } = setUp();
  pbx.answers = () => "unreachable";
  lines.sync(installation(100));
  await clock.advanceAsync(300_000);
  assert.ok(pbx.arrivals.length >= 10 && pbx.arrivals.length <= 21, `${pbx.arrivals.length} in 300 s`);
  pbx.answers = (request) => createResponse(request, 503, undefined, { headers: [["Retry-After", "200"]] });
  await clock.advanceAsync(31_000);
  const before = pbx.arrivals.length;
  await clock.advanceAsync(150_000);
  assert.equal(pbx.arrivals.length, before);
  pbx.answers = () => undefined;
  await clock.advanceAsync(70_000);
  assert.deepEqual(states(), { registered: 100, others: 0 });
});

test("C13: refused for ten minutes, 500 lines are back within 60 s of the first that is taken", async () => {
  const { clock, pbx, lines, states } = setUp();
  pbx.answers = (request) => createResponse(request, 403);
  lines.sync(installation(500));
  await clock.advanceAsync(600_000);
  for (const { registration } of lines.all()) assert.equal(registration.state, "rejected");
  assert.ok(pbx.arrivals.length <= 500 * 6);
  pbx.answers = () => undefined;
  await clock.advanceAsync(60_000);
  assert.deepEqual(states(), { registered: 500, others: 0 });
});

test("C14: a PBX that lost its bindings without a word is found out, and all register anew, within 90 s", async () => {
  const { clock, pbx, lines, states } = setUp();
  lines.sync(installation(500));
  await clock.advanceAsync(60_000);
  pbx.restart();
  await clock.advanceAsync(90_000);
  assert.equal(pbx.size, 500);
  assert.deepEqual(states(), { registered: 500, others: 0 });
  assert.ok(peak(pbx.arrivals.map(({ at }) => at)) <= 50);
  const registered = pbx.arrivals.filter(({ request, at }) => at > 60_000 && request.headers.has("Contact"));
  assert.ok(registered.length <= 2 * 500 + 2, `${registered.length} requests`);
});

/** As many lines registered over a connection, which closes when `close` is called; the next one is there at once. */
async function connected(count: number, listsBindings = true) {
  const scene = setUp();
  const { clock, pbx, lines } = scene;
  pbx.listsBindings = listsBindings;
  const connect = () => ({ ...fakeFlow("192.0.2.1"), protocol: "TCP" as const, isReliable: true });
  pbx.flow = connect();
  lines.sync(installation(count));
  await clock.advanceAsync(61_000);
  const close = (): void => {
    const { flow } = pbx;
    pbx.flow = connect();
    lines.flowClosed(flow);
  };
  return { ...scene, close };
}

test("C14: a PBX whose connection closes is asked at once, and all register anew at the pace", async () => {
  const { clock, pbx, close } = await connected(500);
  const closedAt = clock.now();
  pbx.restart();
  close();
  await clock.advanceAsync(25_000);
  assert.equal(pbx.size, 500);
  const since = pbx.arrivals.filter(({ at }) => at >= closedAt);
  assert.deepEqual([since[0]?.at, since[0]?.request.headers.has("Contact")], [closedAt, false]);
  assert.ok(peak(since.map(({ at }) => at)) <= 50);
});

test("a connection that closes and has lost nothing costs two questions, however often it closes", async () => {
  const { clock, pbx, close } = await connected(500);
  const before = pbx.arrivals.length;
  for (let times = 0; times < 20; times++) {
    close();
    await clock.advanceAsync(100);
  }
  assert.equal(pbx.arrivals.length - before, 2);
});

test("a PBX that does not list bindings is sent one line ahead when its connection closes", async () => {
  const { clock, pbx, close, states } = await connected(10, false);
  const before = pbx.arrivals.length;
  pbx.answers = () => "unreachable";
  close();
  await clock.advanceAsync(1_000);
  assert.equal(pbx.arrivals.length - before, 1);
  pbx.restart();
  pbx.answers = () => undefined;
  await clock.advanceAsync(60_000);
  assert.equal(pbx.bindings.size, 10);
  assert.deepEqual(states(), { registered: 10, others: 0 });
});

test("a closed connection to somebody else is none of a PBX's business", async () => {
  const { clock, pbx, lines } = await connected(3);
  const before = pbx.arrivals.length;
  lines.flowClosed({ ...fakeFlow("192.0.2.1"), protocol: "TCP", isReliable: true });
  await clock.advanceAsync(1_000);
  assert.equal(pbx.arrivals.length, before);
});

test("a PBX that does not list bindings is never asked for them", async () => {
  const { clock, pbx, lines } = setUp();
  pbx.listsBindings = false;
  lines.sync(installation(3));
  await clock.advanceAsync(150_000);
  assert.equal(pbx.arrivals.length, 6);
});

test("a PBX that lists bindings when it takes them but not when asked is given up on, without a storm", async () => {
  const { clock, pbx, lines, states } = setUp();
  pbx.answers = (request) => (request.headers.has("Contact") ? undefined : createResponse(request, 200));
  lines.sync(installation(20));
  await clock.advanceAsync(200_000);
  assert.deepEqual(states(), { registered: 20, others: 0 });
  assert.ok(pbx.arrivals.length <= 20 * 2 + 3 * (20 * 2 + 2) + 20, `${pbx.arrivals.length}`);
  const before = pbx.arrivals.length;
  await clock.advanceAsync(100_000);
  assert.ok(pbx.arrivals.length - before <= 40);
});

test("one line whose requests vanish does not make the PBX count as down", async () => {
  const { clock, pbx, lines, states, pbxStates } = setUp();
  pbx.answers = (request) => (request.to.uri.includes("1001@") ? "silence" : undefined);
  lines.sync(installation(100));
  await clock.advanceAsync(600_000);
  assert.deepEqual(pbxStates, ["up"]);
  assert.deepEqual(states(), { registered: 99, others: 1 });
  assert.equal(lines.find("1001")?.registration.failure?.code, "timeout");
});

test("a name that does not resolve is asked for again; other PBXs are not held up", async () => {
  const { clock, pbx, lines, ports, states } = setUp();
  let isDnsDown = true;
  const resolve = ports.resolveAddresses;
  ports.resolveAddresses = (uri) =>
    isDnsDown && uri.host === "pbx.example"
      ? Promise.resolve({ ok: false, failure: "SERVFAIL" })
      : resolve(uri);
  const branch = { ...hq, id: "branch", registrar: "sip:branch.example", domain: "branch.example" };
  lines.sync(
    installation(0, {
      pbxs: [hq, branch],
      groups: [group, { ...group, id: "branch", pbx: "branch" }],
      lines: [line(1), line(2, { group: "branch" })],
    }),
  );
  await clock.advanceAsync(5000);
  assert.deepEqual([lines.pbx("hq")?.state, lines.pbx("branch")?.state], ["down", "up"]);
  assert.equal(lines.pbx("hq")?.failure?.detail, "SERVFAIL");
  isDnsDown = false;
  await clock.advanceAsync(31_000);
  assert.deepEqual(states(), { registered: 2, others: 0 });
  assert.equal(pbx.size, 2);
});

test("a registrar whose name only its outbound proxy knows is reached through that", async () => {
  const { clock, lines, ports, states } = setUp();
  ports.resolveAddresses = ({ host }) =>
    Promise.resolve(
      host === "proxy.example"
        ? { ok: true, value: ["192.0.2.1"] }
        : { ok: false, failure: `${host} has no address` },
    );
  lines.sync(installation(2, { pbxs: [{ ...hq, outboundProxy: "sip:proxy.example" }] }));
  await clock.advanceAsync(5_000);
  assert.deepEqual(states(), { registered: 2, others: 0 });
});

test("accepted are the configured networks and what the names resolve to, also when DNS fails later", async () => {
  const { clock, lines, ports } = setUp();
  let isDnsDown = false;
  ports.resolveAddresses = () =>
    Promise.resolve(
      isDnsDown ? { ok: false, failure: "SERVFAIL" } : { ok: true, value: ["192.0.2.1", "2001:db8::1"] },
    );
  lines.sync(installation(1));
  await clock.advanceAsync(1000);
  isDnsDown = true;
  await clock.advanceAsync(60_000);
  const accepted = (address: string) => lines.isAcceptedSource("hq", fakeFlow(address));
  assert.ok(accepted("192.0.2.1"));
  assert.ok(accepted("::ffff:192.0.2.1"));
  assert.ok(accepted("2001:db8::1"));
  assert.ok(accepted("198.51.100.77"));
  assert.ok(!accepted("192.0.2.2"));
  assert.ok(!accepted("2001:db8::2"));
  assert.ok(!accepted("nonsense"));
  assert.deepEqual(lines.pbxsAt(fakeFlow("192.0.2.1")), ["hq"]);
  assert.equal(lines.isAcceptedSource("none", fakeFlow("192.0.2.1")), false);
});

test("C09: a challenge is answered to the PBX's own addresses and realm alone", async () => {
  const { clock, pbx, lines } = setUp();
  lines.sync(installation(1));
  await clock.advanceAsync(1000);
  const held = lines.find("1000");
  const bye = pbx.arrivals[0]?.request;
  assert.ok(held !== undefined && bye !== undefined);
  bye.headers.remove("Authorization");
  const challenge = (realm: string) =>
    createResponse(bye, 401, undefined, {
      headers: [["WWW-Authenticate", `Digest realm="${realm}", nonce="n", qop="auth"`]],
    });
  const stranger = fakeFlow("203.0.113.66");
  assert.deepEqual(held.answerChallenge(challenge("pbx"), stranger, bye, false), {
    ok: false,
    failure: "foreign-source",
  });
  assert.deepEqual(held.answerChallenge(challenge("other"), fakeFlow("192.0.2.1"), bye, false), {
    ok: false,
    failure: "unknown-realm",
  });
  assert.ok(held.answerChallenge(challenge("pbx"), fakeFlow("192.0.2.1"), bye, false).ok);
});

test("a changed public address is taken over by all lines, the old Contacts are removed", async () => {
  const { clock, pbx, lines } = setUp();
  lines.sync(installation(50));
  await clock.advanceAsync(10_000);
  pbx.seesFrom = { received: "203.0.113.7", rport: 6000 };
  await clock.advanceAsync(300_000);
  for (const { id, configuration } of lines.all()) {
    assert.deepEqual(pbx.contactsOf(id), [`sip:${configuration.contactToken}@203.0.113.7:6000`]);
  }
});

test("lines come, change and go with the configuration, and their calls stay", async () => {
  const { clock, pbx, lines } = setUp();
  lines.sync(installation(3));
  await clock.advanceAsync(1000);
  const held = lines.find("1000");
  assert.ok(held !== undefined);
  const call = held.beginCall();
  const before = pbx.arrivals.length;
  lines.sync(installation(3));
  await clock.advanceAsync(1000);
  assert.equal(pbx.arrivals.length, before, "what has not changed is left alone");

  pbx.passwords = (username) => (username === "1000" ? "new" : "secret");
  lines.sync(
    installation(0, {
      lines: [line(1000, { password: "new" }), line(1002, { username: "moved" }), line(1003)],
    }),
  );
  await clock.advanceAsync(5000);
  assert.equal(lines.find("1000"), held);
  assert.equal(held.callsInProgress, 1);
  call.end();
  assert.equal(held.callsInProgress, 0);
  assert.equal(lines.find("1001"), undefined);
  assert.deepEqual(pbx.contactsOf("1000").length, 1);
  assert.deepEqual(pbx.contactsOf("1001"), []);
  assert.deepEqual(pbx.contactsOf("1002"), []);
  assert.deepEqual(pbx.contactsOf("moved").length, 1);
  assert.equal(lines.findByContactToken(line(1003).contactToken)?.id, "1003");
  assert.equal(lines.findByContactToken(line(1001).contactToken), undefined);
});

test("another expiry at the PBX registers the lines anew without removing them in between", async () => {
  const { clock, pbx, lines } = setUp();
  lines.sync(installation(10));
  await clock.advanceAsync(2000);
  lines.sync(installation(10, { pbxs: [{ ...hq, overrides: { expires: 600 } }] }));
  await clock.advanceAsync(5000);
  assert.equal(pbx.size, 10);
  assert.equal(
    pbx.arrivals.some(({ request }) => request.headers.get("Expires") === "0"),
    false,
  );
  assert.equal(pbx.arrivals.at(-1)?.request.headers.get("Expires"), "600");
});

test("another profile of the PBX has its lines registered by it", async () => {
  const { clock, pbx, lines } = setUp();
  lines.sync(installation(10));
  await clock.advanceAsync(2000);
  const { length } = pbx.arrivals;
  const profileOf = (of: PbxConfiguration) => ({ ...effectiveProfile(of), ringLimit: 30 });
  lines.sync(installation(10, { profileOf }));
  await clock.advanceAsync(5000);
  assert.equal(pbx.arrivals.length, length, "what concerns no registration changes none");
  lines.sync(installation(10, { profileOf: (of) => ({ ...effectiveProfile(of), expires: 120 }) }));
  await clock.advanceAsync(5000);
  assert.equal(pbx.size, 10);
  assert.equal(pbx.arrivals.at(-1)?.request.headers.get("Expires"), "120");
});

test("a call counts from its beginning, or from its answer where the group says so, and ends once", () => {
  const { lines } = setUp();
  lines.sync(installation(1));
  const held = lines.find("1000");
  assert.ok(held !== undefined);
  const [first, second] = [held.beginCall(), held.beginCall()];
  assert.equal(held.callsInProgress, 2);
  lines.sync(installation(1, { groups: [{ ...group, busyCounts: "established" }] }));
  assert.equal(held.callsInProgress, 0);
  first.establish();
  first.establish();
  assert.equal(held.callsInProgress, 1);
  first.end();
  first.end();
  first.establish();
  assert.equal(held.callsInProgress, 0);
  second.end();
  lines.sync(installation(1));
  assert.equal(held.callsInProgress, 0);
});

test("closing de-registers all at the pace; what there is no time for runs out", async () => {
  const { clock, pbx, lines } = setUp();
  lines.sync(installation(100));
  await clock.advanceAsync(10_000);
  const closed = lines.close(5000);
  await clock.advanceAsync(5000);
  await closed;
  assert.equal(pbx.size, 0);
  assert.ok(peak(pbx.arrivals.map(({ at }) => at)) <= 50);
  assert.equal(clock.pending, 0);
});

test("closing does not wait for a PBX that is down", async () => {
  const { clock, pbx, lines } = setUp();
  pbx.answers = () => "silence";
  lines.sync(installation(10));
  await clock.advanceAsync(40_000);
  await lines.close(5000);
  assert.equal(clock.pending, 0);
});
