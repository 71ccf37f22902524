import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { DnsServer } from "../../../test/support/dns-server.ts";
import type { DnsType } from "../../../test/support/dns-server.ts";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { SeededRandom } from "../../../test/support/seeded-random.ts";
import { silentLogger } from "../../base/logger.ts";
import { parseSipUri } from "../message/uri.ts";
import { locateServers, resolveAddresses } from "./locate.ts";
import { ServerLocator } from "./server-locator.ts";
import { SystemResolver } from "./system-resolver.ts";
import type { TransportProtocol } from "./transport.ts";

const all: readonly TransportProtocol[] = ["UDP", "TCP", "TLS"];

async function start(context: TestContext) {
  const dns = await DnsServer.open();
  const clock = new FakeClock();
  const resolver = new SystemResolver({ clock, servers: [dns.address], hostsPath: "/dev/null" });
  const random = new SeededRandom();
  context.after(() => {
    resolver.close();
    dns.close();
  });
  const locate = async (text: string, protocols = all) => {
    const located = await locateServers(uriOf(text), { resolver, random, protocols });
    return located.ok
      ? located.value.map(({ protocol, address, port }) => `${protocol} ${address} ${port}`)
      : located.failure;
  };
  return { dns, clock, resolver, random, locate };
}

function uriOf(text: string) {
  const uri = parseSipUri(text);
  assert.ok(uri !== undefined, text);
  return uri;
}

const srv = (target: string, port = 5060, priority = 1, weight = 0) => ({ target, port, priority, weight });
const naptr = (order: number, service: string, replacement: string, flags = "s") => ({
  order,
  preference: 0,
  flags,
  service,
  replacement,
});

test("a numeric host is where to send, by UDP unless the URI says more; DNS is not asked", async (context) => {
  const { locate } = await start(context);
  for (const [uri, endpoint] of [
    ["sip:192.0.2.1", "UDP 192.0.2.1 5060"],
    ["sip:192.0.2.1:5070", "UDP 192.0.2.1 5070"],
    ["sip:192.0.2.1;transport=tcp", "TCP 192.0.2.1 5060"],
    ["sip:192.0.2.1;transport=TLS", "TLS 192.0.2.1 5061"],
    ["sips:192.0.2.1", "TLS 192.0.2.1 5061"],
    ["sips:192.0.2.1;transport=tcp", "TLS 192.0.2.1 5061"],
    ["sip:[2001:DB8::1]:5070", "UDP 2001:db8::1 5070"],
    ["sip:pbx.example;maddr=192.0.2.9", "UDP 192.0.2.9 5060"],
  ] as const) {
    assert.deepEqual(await locate(uri), [endpoint], uri);
  }
});

test("what we do not speak is a failure that says so; without UDP another transport is taken", async (context) => {
  const { locate } = await start(context);
  assert.match(String(await locate("sip:192.0.2.1;transport=sctp")), /"sctp" is no transport/);
  assert.match(String(await locate("sips:192.0.2.1;transport=udp")), /"udp" is no transport for a sips URI/);
  assert.match(String(await locate("sip:192.0.2.1;transport=tcp", ["UDP"])), /no TCP transport is open/);
  assert.match(String(await locate("sips:192.0.2.1", ["UDP", "TCP"])), /no TLS transport is open/);
  assert.deepEqual(await locate("sip:192.0.2.1", ["TCP"]), ["TCP 192.0.2.1 5060"]);
});

test("a name with a port is asked for its addresses alone, IPv4 first", async (context) => {
  const { dns, locate } = await start(context);
  dns.script("pbx.example", "A", { say: ["192.0.2.1"] });
  dns.script("pbx.example", "AAAA", { say: ["2001:db8::1"] });
  assert.deepEqual(await locate("sip:pbx.example:5080"), ["UDP 192.0.2.1 5080", "UDP 2001:db8::1 5080"]);
  assert.equal(dns.timesAsked("_sip._udp.pbx.example", "SRV"), 0);
});

test("a name that has IPv6 alone is reached by it", async (context) => {
  const { dns, locate } = await start(context);
  dns.script("pbx.example", "A", { say: [] });
  dns.script("pbx.example", "AAAA", { say: ["2001:db8::1"] });
  assert.deepEqual(await locate("sip:pbx.example"), ["UDP 2001:db8::1 5060"]);
});

test("without SRV records the name itself is the server, at the protocol's port", async (context) => {
  const { dns, locate } = await start(context);
  dns.script("pbx.example", "A", { say: ["192.0.2.1"] });
  assert.deepEqual(await locate("sip:pbx.example"), ["UDP 192.0.2.1 5060"]);
  assert.deepEqual(await locate("sip:pbx.example;transport=tls"), ["TLS 192.0.2.1 5061"]);
});

test("SRV records are followed in their order, and a transport that is named is the only one asked for", async (context) => {
  const { dns, locate } = await start(context);
  dns.script("_sip._udp.pbx.example", "SRV", {
    say: [srv("two.example", 5072, 2), srv("one.example", 5071, 1)],
  });
  dns.script("_sip._tcp.pbx.example", "SRV", { say: [srv("one.example", 5073)] });
  dns.script("one.example", "A", { say: ["192.0.2.1"] });
  dns.script("two.example", "A", { say: ["192.0.2.2"] });
  assert.deepEqual(await locate("sip:pbx.example"), [
    "UDP 192.0.2.1 5071",
    "UDP 192.0.2.2 5072",
    "TCP 192.0.2.1 5073",
  ]);
  assert.deepEqual(await locate("sip:pbx.example;transport=tcp"), ["TCP 192.0.2.1 5073"]);
});

test("an SRV set whose first target is dead still leads to the second", async (context) => {
  const { dns, locate } = await start(context);
  dns.script("_sip._udp.pbx.example", "SRV", {
    say: [srv("dead.example", 5060, 1), srv("two.example", 5060, 2)],
  });
  dns.script("two.example", "A", { say: ["192.0.2.2"] });
  assert.deepEqual(await locate("sip:pbx.example", ["UDP"]), ["UDP 192.0.2.2 5060"]);
});

test("SRV records rule: when none of their targets has an address, the name itself is not tried", async (context) => {
  const { dns, locate } = await start(context);
  dns.script("pbx.example", "A", { say: ["192.0.2.80"] });
  dns.script("_sip._udp.pbx.example", "SRV", { say: [srv("dead.example")] });
  assert.match(String(await locate("sip:pbx.example", ["UDP"])), /dead\.example has no address/);
  dns.script("_sip._udp.none.example", "SRV", { say: [srv(".", 0)] });
  dns.script("none.example", "A", { say: ["192.0.2.80"] });
  assert.match(String(await locate("sip:none.example", ["UDP"])), /no SIP service at none\.example/);
});

test("NAPTR chooses among the protocols that we speak, in its own order", async (context) => {
  const { dns, locate } = await start(context);
  dns.script("pbx.example", "NAPTR", {
    say: [
      naptr(30, "SIP+D2U", "_sip._udp.pbx.example"),
      naptr(10, "SIPS+D2T", "_sips._tcp.pbx.example"),
      naptr(20, "SIP+D2T", "_sip._tcp.pbx.example"),
      naptr(5, "E2U+sip", "elsewhere.example", "u"),
    ],
  });
  for (const name of ["_sip._udp", "_sip._tcp", "_sips._tcp"]) {
    dns.script(`${name}.pbx.example`, "SRV", { say: [srv("one.example", 5090)] });
  }
  dns.script("one.example", "A", { say: ["192.0.2.1"] });
  assert.deepEqual(await locate("sip:pbx.example", ["UDP", "TCP"]), [
    "TCP 192.0.2.1 5090",
    "UDP 192.0.2.1 5090",
  ]);
  assert.deepEqual(await locate("sips:pbx.example"), ["TLS 192.0.2.1 5090"]);
});

test("a DNS server that refuses NAPTR and SRV does not stand in the way of the address", async (context) => {
  const { dns, locate } = await start(context);
  for (const [name, type] of [
    ["pbx.example", "NAPTR"],
    ["_sip._udp.pbx.example", "SRV"],
    ["_sip._tcp.pbx.example", "SRV"],
    ["_sips._tcp.pbx.example", "SRV"],
  ] as const satisfies readonly (readonly [string, DnsType])[]) {
    dns.script(name, type, { fail: "SERVFAIL" });
  }
  dns.script("pbx.example", "A", { say: ["192.0.2.1"] });
  assert.deepEqual(await locate("sip:pbx.example"), ["UDP 192.0.2.1 5060"]);
});

test("an unknown name and DNS that fails are told apart", async (context) => {
  const { dns, locate } = await start(context);
  assert.match(String(await locate("sip:gone.example")), /gone\.example has no address: DNS knows none/);
  dns.script("pbx.example", "A", { fail: "SERVFAIL" });
  assert.match(
    String(await locate("sip:pbx.example:5060")),
    /pbx\.example has no address: DNS failed \(ESERVFAIL\)/,
  );
});

test("DNS that is silent costs its deadline once, not once a question", async (context) => {
  const { dns, clock, locate } = await start(context);
  const names = ["_sip._udp.pbx.example", "_sip._tcp.pbx.example", "_sips._tcp.pbx.example"];
  for (const name of names) dns.script(name, "SRV", { hold: true });
  for (const type of ["NAPTR", "A", "AAAA"] as const) dns.script("pbx.example", type, { hold: true });
  const waiting = locate("sip:pbx.example");
  await Promise.all(names.map((name) => dns.whenAsked(name, "SRV")));
  for (const type of ["NAPTR", "A", "AAAA"] as const) await dns.whenAsked("pbx.example", type);
  clock.advance(8000);
  assert.match(String(await waiting), /DNS gave no answer for pbx\.example/);
});

test("RFC 5922 §4: whatever DNS leads to, the name that was asked for is wanted there, over TLS alone", async (context) => {
  const { dns, resolver, random } = await start(context);
  dns.script("pbx.example", "NAPTR", { say: [naptr(1, "SIPS+D2T", "_sips._tcp.elsewhere.example")] });
  dns.script("_sips._tcp.elsewhere.example", "SRV", { say: [srv("one.elsewhere.example", 5061)] });
  dns.script("one.elsewhere.example", "A", { say: ["192.0.2.1"] });
  const options = { resolver, random, protocols: all };
  assert.deepEqual(await locateServers(uriOf("sip:pbx.example"), options), {
    ok: true,
    value: [{ protocol: "TLS", address: "192.0.2.1", port: 5061, domain: "pbx.example" }],
  });
  const plain = await locateServers(uriOf("sip:one.elsewhere.example;transport=tcp"), options);
  assert.deepEqual(plain.ok && plain.value[0]?.domain, undefined);
});

test("RFC 7118, appendix B.1: who cannot be connected to is not looked for", async (context) => {
  const { dns, locate } = await start(context);
  assert.match(
    String(await locate("sip:u@df7jal23ls0d.invalid;transport=ws", ["WS"])),
    /own connection alone/,
  );
  assert.equal(dns.timesAsked("df7jal23ls0d.invalid", "A"), 0);
});

test("a zone cannot make us try without end", async (context) => {
  const { dns, locate } = await start(context);
  const many = Array.from({ length: 20 }, (_, index) => srv(`s${index}.example`));
  dns.script("_sip._udp.pbx.example", "SRV", { say: many });
  for (const { target } of many) {
    dns.script(target, "A", {
      say: Array.from({ length: 4 }, (_, index) => `192.0.2.${many.length + index}`),
    });
    dns.script(target, "AAAA", { say: ["2001:db8::1", `2001:db8::${target.length}:${target.slice(1, -8)}`] });
  }
  const located = await locate("sip:pbx.example", ["UDP"]);
  assert.ok(Array.isArray(located) && located.length <= 32 && new Set(located).size === located.length);
});

test("all addresses of a name are those of its servers by any transport", async (context) => {
  const { dns, resolver, random } = await start(context);
  dns.script("_sip._udp.pbx.example", "SRV", { say: [srv("one.example")] });
  dns.script("_sip._tcp.pbx.example", "SRV", { say: [srv("one.example"), srv("two.example")] });
  dns.script("one.example", "A", { say: ["192.0.2.1"] });
  dns.script("two.example", "A", { say: ["192.0.2.2"] });
  const resolved = await resolveAddresses(uriOf("sips:pbx.example;transport=tcp"), { resolver, random });
  assert.ok(resolved.ok);
  assert.deepEqual(resolved.value.toSorted(), ["192.0.2.1", "192.0.2.2"]);
});

test("a name that vanishes from DNS leads on to where it led last, for a day", async (context) => {
  const { dns, clock, resolver, random } = await start(context);
  const locator = new ServerLocator({ resolver, random, clock, logger: silentLogger, protocols: () => all });
  const uri = uriOf("sip:pbx.example");
  dns.script("pbx.example", "A", { say: ["192.0.2.1"] });
  const found = await locator.locate(uri);
  assert.deepEqual(found.ok && found.value, [{ protocol: "UDP", address: "192.0.2.1", port: 5060 }]);
  assert.deepEqual(await locator.resolveAddresses(uri), { ok: true, value: ["192.0.2.1"] });

  dns.script("pbx.example", "A", { fail: "NXDOMAIN" });
  clock.advance(60_000);
  assert.deepEqual(await locator.locate(uri), found);
  assert.deepEqual(await locator.resolveAddresses(uri), { ok: true, value: ["192.0.2.1"] });
  assert.equal((await locator.locate(uriOf("sip:pbx.example:5070"))).ok, false);

  dns.script("pbx.example", "A", { say: ["192.0.2.7"] });
  clock.advance(60_000);
  const moved = await locator.locate(uri);
  assert.equal(moved.ok && moved.value[0]?.address, "192.0.2.7");

  dns.script("pbx.example", "A", { fail: "NXDOMAIN" });
  clock.advance(25 * 60 * 60_000);
  assert.equal((await locator.locate(uri)).ok, false);
});
