import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { DnsServer } from "../../../test/support/dns-server.ts";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import type { RecordCacheLimits } from "./record-cache.ts";
import type { DnsLookup } from "./resolver.ts";
import { SystemResolver } from "./system-resolver.ts";

async function start(
  context: TestContext,
  options: { limits?: Partial<RecordCacheLimits>; hostsPath?: string } = {},
) {
  const dns = await DnsServer.open();
  const clock = new FakeClock();
  const resolver = new SystemResolver({ clock, servers: [dns.address], hostsPath: "/dev/null", ...options });
  context.after(() => {
    resolver.close();
    dns.close();
  });
  return { dns, clock, resolver };
}

/** The records of an answer, or the failure. */
async function records(lookup: DnsLookup<unknown>): Promise<unknown> {
  const answer = await lookup;
  return answer.ok ? answer.value.records : answer.failure;
}

test("each kind of record is read", async (context) => {
  const { dns, resolver } = await start(context);
  const srv = { priority: 1, weight: 2, port: 5070, target: "sip.example" };
  const naptr = { order: 1, preference: 2, flags: "s", service: "SIP+D2U", replacement: "_sip._udp.example" };
  dns.script("sip.example", "A", { say: ["192.0.2.1", "192.0.2.2"] });
  dns.script("sip.example", "AAAA", { say: ["2001:db8::1"] });
  dns.script("_sip._udp.example", "SRV", { say: [srv] });
  dns.script("example", "NAPTR", { say: [naptr] });
  assert.deepEqual(await records(resolver.a("sip.example")), ["192.0.2.1", "192.0.2.2"]);
  assert.deepEqual(await records(resolver.aaaa("sip.example")), ["2001:db8::1"]);
  assert.deepEqual(await records(resolver.srv("_sip._udp.example")), [srv]);
  assert.deepEqual(await records(resolver.naptr("example")), [naptr]);
});

test("an answer is kept for its TTL, in any spelling of the name, and asked for anew after it", async (context) => {
  const { dns, clock, resolver } = await start(context);
  dns.script("pbx.example", "A", { say: ["192.0.2.1"], ttl: 40 });
  await resolver.a("pbx.example");
  dns.script("pbx.example", "A", { say: ["192.0.2.2"], ttl: 5 });
  clock.advance(39_999);
  assert.deepEqual(await records(resolver.a("PBX.example")), ["192.0.2.1"]);
  clock.advance(1);
  assert.deepEqual(await records(resolver.a("pbx.example")), ["192.0.2.2"]);
  assert.equal(dns.timesAsked("pbx.example", "A"), 2);

  dns.script("pbx.example", "A", { say: ["192.0.2.3"], ttl: 5 });
  clock.advance(5000);
  assert.deepEqual(await records(resolver.a("pbx.example")), ["192.0.2.3"]);
});

test("those who ask at the same time share one question", async (context) => {
  const { dns, resolver } = await start(context);
  dns.script("pbx.example", "A", { say: ["192.0.2.1"] });
  const answers = await Promise.all(Array.from({ length: 50 }, () => records(resolver.a("pbx.example"))));
  assert.ok(answers.every((answer) => Array.isArray(answer) && answer[0] === "192.0.2.1"));
  assert.equal(dns.timesAsked("pbx.example", "A"), 1);
});

test("a name that does not exist, has no such record or turns in a circle has none, and that is remembered", async (context) => {
  const { dns, resolver } = await start(context);
  dns.script("empty.example", "A", { say: [] });
  dns.script("circle.example", "A", { say: [{ cname: "circle.example" }] });
  for (const name of ["gone.example", "empty.example", "circle.example"]) {
    assert.deepEqual(await records(resolver.a(name)), [], name);
    assert.deepEqual(await records(resolver.a(name)), [], name);
    assert.equal(dns.timesAsked(name, "A"), 1, name);
  }
  assert.deepEqual(await records(resolver.a(`${"long".repeat(30)}.example`)), []);
});

test("when DNS fails the last good answer is used on, and DNS is left alone for ten seconds", async (context) => {
  const { dns, clock, resolver } = await start(context);
  dns.script("pbx.example", "A", { say: ["192.0.2.1"], ttl: 30 });
  await resolver.a("pbx.example");
  dns.script("pbx.example", "A", { fail: "SERVFAIL" });
  clock.advance(30_000);
  assert.deepEqual(await records(resolver.a("pbx.example")), ["192.0.2.1"]);
  const asked = dns.timesAsked("pbx.example", "A");
  clock.advance(9_999);
  assert.deepEqual(await records(resolver.a("pbx.example")), ["192.0.2.1"]);
  assert.equal(dns.timesAsked("pbx.example", "A"), asked);

  dns.script("pbx.example", "A", { say: ["192.0.2.2"] });
  clock.advance(1);
  assert.deepEqual(await records(resolver.a("pbx.example")), ["192.0.2.2"]);
});

test("the last good answer is not kept for ever", async (context) => {
  const { dns, clock, resolver } = await start(context, { limits: { lastGoodMs: 60_000 } });
  dns.script("pbx.example", "A", { say: ["192.0.2.1"], ttl: 30 });
  await resolver.a("pbx.example");
  dns.script("pbx.example", "A", { fail: "REFUSED" });
  clock.advance(90_000);
  assert.match(String(await records(resolver.a("pbx.example"))), /DNS failed/);
});

test("silence ends at the deadline; who waited is told, and an answer that comes still is kept", async (context) => {
  const { dns, clock, resolver } = await start(context);
  dns.script("pbx.example", "A", { hold: true });
  const waiting = records(resolver.a("pbx.example"));
  await dns.whenAsked("pbx.example", "A");
  clock.advance(8000);
  assert.match(String(await waiting), /no answer for pbx\.example within 8 s/);
});

test("while DNS is silent an old answer is handed out after a second, and the late one taken when it comes", async (context) => {
  const { dns, clock, resolver } = await start(context);
  dns.script("pbx.example", "A", { say: ["192.0.2.1"], ttl: 30 });
  await resolver.a("pbx.example");
  dns.script("pbx.example", "A", { hold: true });
  clock.advance(30_000);
  const waiting = records(resolver.a("pbx.example"));
  await dns.whenAsked("pbx.example", "A", 2);
  clock.advance(1000);
  assert.deepEqual(await waiting, ["192.0.2.1"]);

  dns.script("pbx.example", "A", { say: ["192.0.2.2"] });
  const next = records(resolver.a("pbx.example"));
  dns.release();
  assert.deepEqual(await next, ["192.0.2.2"]);
});

test("questions under way and names remembered are bounded", async (context) => {
  const { dns, resolver } = await start(context, { limits: { questions: 1, names: 2 } });
  for (const name of ["a.example", "b.example", "c.example"]) dns.script(name, "A", { say: ["192.0.2.1"] });
  dns.script("slow.example", "A", { hold: true });
  const slow = resolver.a("slow.example");
  await dns.whenAsked("slow.example", "A");
  assert.match(String(await records(resolver.a("a.example"))), /too many DNS questions/);
  dns.script("slow.example", "A", { say: ["192.0.2.9"] });
  dns.release();
  assert.deepEqual(await records(slow), ["192.0.2.9"]);

  for (const name of ["a.example", "b.example", "a.example", "c.example", "a.example"])
    await resolver.a(name);
  assert.equal(dns.timesAsked("a.example", "A"), 1);
  await resolver.a("b.example");
  assert.equal(dns.timesAsked("b.example", "A"), 2);
});

test("a name in the hosts file is taken from there, and DNS is not asked about it", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "divert-hosts-"));
  context.after(() => rm(folder, { recursive: true }));
  const hostsPath = join(folder, "hosts");
  await writeFile(hostsPath, "192.0.2.5 pbx.lan\n");
  const { dns, resolver } = await start(context, { hostsPath });
  assert.deepEqual(await records(resolver.a("pbx.lan")), ["192.0.2.5"]);
  assert.deepEqual(await records(resolver.srv("_sip._udp.pbx.lan")), []);
  assert.deepEqual(await records(resolver.naptr("pbx.lan")), []);
  assert.equal(dns.timesAsked("_sip._udp.pbx.lan", "SRV"), 0);
});

test("closing ends the questions under way with a failure", async (context) => {
  const { dns, resolver } = await start(context);
  dns.script("pbx.example", "A", { hold: true });
  const waiting = records(resolver.a("pbx.example"));
  await dns.whenAsked("pbx.example", "A");
  resolver.close();
  assert.match(String(await waiting), /DNS failed \(ECANCELLED\)/);
});
