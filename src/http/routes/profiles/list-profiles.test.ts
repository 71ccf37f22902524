import assert from "node:assert/strict";
import { test } from "node:test";
import { startHttp } from "../../../../test/support/http-server.ts";
import { profileIds } from "../../../pbx/profiles/index.ts";

interface Told {
  readonly id: string;
  readonly basedOn?: string;
  readonly keys: readonly { key: string; value: unknown; evidence: string; source?: string }[];
}

test("profiles are listed with the evidence of each key, the installation's own after Divert's", async (t) => {
  const { request } = await startHttp(t);
  const applied = await request("POST", "/api/configuration", {
    headers: { "content-type": "application/yaml" },
    body: `
profiles:
  - { id: ours, basedOn: asterisk, source: trace of May, followsRedirect: no }
pbxs:
  - { id: hq, profile: ours, site: starnberg, registrar: "sip:127.0.0.1:5070;transport=udp", domain: pbx.example, expires: 60 }
`,
  });
  assert.equal(applied.status, 200, applied.text);
  const profiles = (await request("GET", "/api/profiles")).json["profiles"] as Told[];
  assert.deepEqual(
    profiles.map(({ id }) => id),
    [...profileIds, "ours"],
  );
  const ours = profiles.at(-1);
  assert.equal(ours?.basedOn, "asterisk");
  const told = (of: Told | undefined, key: string) => of?.keys.find((each) => each.key === key);
  const followsRedirect = {
    key: "followsRedirect",
    value: "no",
    evidence: "configured",
    source: "trace of May",
  };
  assert.deepEqual(told(ours, "followsRedirect"), followsRedirect);
  assert.equal(told(ours, "diversion")?.evidence, "documented");
  assert.equal(told(ours, "keepAlive")?.evidence, "assumed");

  const [hq] = (await request("GET", "/api/pbxs")).json["pbxs"] as Told[];
  assert.deepEqual(told(hq, "followsRedirect"), followsRedirect);
  assert.deepEqual(told(hq, "expires"), { key: "expires", value: 60, evidence: "configured" });
});
