import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ServerTrust, authoritiesOf } from "./server-trust.ts";

describe("the trust in servers", () => {
  it("asks of a server that nobody spoke of for its own name and the system's word", () => {
    assert.deepEqual(new ServerTrust().termsFor("PBX.example", "192.0.2.1"), {
      names: ["pbx.example"],
      verify: true,
    });
  });

  it("asks of one that was configured for any of its names", () => {
    const trust = new ServerTrust();
    trust.set([{ hosts: ["pbx.example", "proxy.example"], ca: "/ca.pem", verify: true }]);
    assert.deepEqual(trust.termsFor("proxy.example", "192.0.2.1"), {
      names: ["proxy.example", "pbx.example"],
      ca: "/ca.pem",
      verify: true,
    });
  });

  it("knows an address by the name that led there, and no other", () => {
    const trust = new ServerTrust();
    trust.set([{ hosts: ["pbx.example"], ca: "/ca.pem", verify: true }]);
    assert.deepEqual(trust.termsFor("192.0.2.1", "192.0.2.1").names, ["192.0.2.1"]);
    trust.termsFor("pbx.example", "192.0.2.1");
    assert.deepEqual(trust.termsFor("192.0.2.1", "192.0.2.1").names, ["pbx.example"]);
    assert.deepEqual(trust.termsFor("else.example", "192.0.2.1").names, ["else.example"]);
    trust.set([]);
    assert.deepEqual(trust.termsFor("192.0.2.1", "192.0.2.1").names, ["192.0.2.1"]);
  });

  it("takes the stricter of two servers behind one name", () => {
    for (const order of [
      [true, false],
      [false, true],
    ]) {
      const trust = new ServerTrust();
      trust.set(order.map((verify) => ({ hosts: ["pbx.example"], verify })));
      assert.equal(trust.termsFor("pbx.example", "192.0.2.1").verify, true);
    }
  });

  it("takes authorities as they are written or from a file, and says what is wrong with the file", () => {
    const pem = "-----BEGIN CERTIFICATE-----\n";
    const terms = { names: [], verify: true };
    assert.deepEqual(authoritiesOf({ ...terms, ca: pem }), { ok: true, value: [pem] });
    const missing = authoritiesOf({ ...terms, ca: "/nowhere.pem" });
    assert.match(
      missing.ok ? "" : missing.failure,
      /^the authorities in \/nowhere.pem cannot be read: ENOENT/,
    );
  });
});
