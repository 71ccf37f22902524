import assert from "node:assert/strict";
import { test } from "node:test";
import type { PbxConfiguration } from "../pbx/pbx-configuration.ts";
import { serializeSipUri } from "../sip/message/uri.ts";
import { addressOfRecord, registrarPlace } from "./registrar-place.ts";

const hq: PbxConfiguration = {
  id: "hq",
  profile: "generic",
  site: "s",
  registrar: "sip:127.0.0.1:5070;transport=udp",
  domain: "127.0.0.1",
  redirect: "auto",
  addresses: [],
  overrides: {},
};

function place(changes: Partial<PbxConfiguration>) {
  const { uri, nextHop, proxy, route, names, hosts } = registrarPlace({ ...hq, ...changes });
  return {
    uri: serializeSipUri(uri),
    nextHop: nextHop === undefined ? undefined : serializeSipUri(nextHop),
    ...(proxy === undefined ? undefined : { proxy: serializeSipUri(proxy) }),
    route,
    names: names.map(serializeSipUri),
    hosts: [...hosts],
  };
}

test("a registrar that is its own domain is asked and reached by its URI", () => {
  assert.deepEqual(place({}), {
    uri: "sip:127.0.0.1:5070;transport=udp",
    nextHop: undefined,
    route: undefined,
    names: ["sip:127.0.0.1:5070;transport=udp"],
    hosts: ["127.0.0.1"],
  });
});

test("RFC 3261 §10.2: with a domain of its own, the Request-URI names that and the registrar is the next hop", () => {
  const { uri, nextHop, hosts } = place({ domain: "PBX.example" });
  assert.deepEqual(
    [uri, nextHop, hosts],
    ["sip:pbx.example", "sip:127.0.0.1:5070;transport=udp", ["pbx.example", "127.0.0.1"]],
  );
});

test("an outbound proxy is the way for everything, and named in a Route where it asks for that", () => {
  const plain = place({ outboundProxy: "sip:proxy.example" });
  assert.deepEqual([plain.proxy, plain.route], ["sip:proxy.example", undefined]);
  assert.deepEqual(plain.hosts, ["127.0.0.1", "proxy.example"]);
  const routed = place({ outboundProxy: "sip:proxy.example;lr" });
  assert.equal(routed.route, "<sip:proxy.example;lr>");
});

test("an address-of-record is escaped where its user needs it", () => {
  const at = registrarPlace(hq);
  assert.equal(addressOfRecord(at, "pbx.example", "101"), "sip:101@pbx.example");
  assert.equal(addressOfRecord(at, "pbx.example", "jörg #1"), "sip:j%C3%B6rg%20%231@pbx.example");
});
