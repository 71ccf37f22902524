import assert from "node:assert/strict";
import { test } from "node:test";
import type { PbxConfiguration } from "./pbx-configuration.ts";
import { trustedServer } from "./trusted-server.ts";

const pbx: PbxConfiguration = {
  id: "hq",
  profile: "generic",
  site: "s",
  registrar: "sips:Registrar.pbx.example:5061",
  domain: "pbx.example",
  redirect: "auto",
  addresses: [],
  overrides: {},
};

test("a PBX is known by its domain, its registrar and its outbound proxy", () => {
  const outboundProxy = "sip:proxy.example;transport=tls";
  assert.deepEqual(trustedServer({ ...pbx, outboundProxy }), {
    hosts: ["pbx.example", "registrar.pbx.example", "proxy.example"],
    verify: true,
  });
});

test("its authority and whether it is checked are as configured", () => {
  const hosts = ["pbx.example", "registrar.pbx.example"];
  assert.deepEqual(trustedServer({ ...pbx, tls: { verify: false } }), { hosts, verify: false });
  const tls = { ca: "/ca.pem", verify: true };
  assert.deepEqual(trustedServer({ ...pbx, tls }), { hosts, ...tls });
});
