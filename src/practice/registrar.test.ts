import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { createRequest, serializeSipUri } from "../sip/user-agent.ts";
import { Registrar } from "./registrar.ts";

describe("the practice PBX's registrar", () => {
  let clock: FakeClock;
  let registrar: Registrar;
  let cseq: number;

  beforeEach(() => {
    clock = new FakeClock();
    registrar = new Registrar(clock);
    cseq = 0;
  });

  function register(contact: string | undefined, expires?: string, sequence = ++cseq) {
    return registrar.register(
      "101",
      createRequest({
        method: "REGISTER",
        requestUri: "sip:pbx.example",
        from: "<sip:101@pbx.example>;tag=a",
        to: "<sip:101@pbx.example>",
        callId: "one",
        cseq: sequence,
        ...(contact === undefined ? {} : { contact }),
        ...(expires === undefined ? {} : { headers: [["Expires", expires]] }),
      }),
    );
  }

  function reached(): string | undefined {
    const uri = registrar.contactOf("101");
    return uri === undefined ? undefined : serializeSipUri(uri);
  }

  it("keeps a binding for as long as was asked, and tells it", () => {
    assert.deepEqual(register("<sip:a@192.0.2.1>", "60"), {
      status: 200,
      headers: [["Contact", "<sip:a@192.0.2.1>;expires=60"]],
    });
    clock.advance(59_000);
    assert.deepEqual(register(undefined).headers, [["Contact", "<sip:a@192.0.2.1>;expires=1"]]);
    clock.advance(1_000);
    assert.equal(reached(), undefined);
    assert.deepEqual(register(undefined).headers, []);
  });

  it("takes the Contact's own expiry first, and no more than two hours", () => {
    register("<sip:a@192.0.2.1>;expires=99999", "60");
    assert.deepEqual(register(undefined).headers, [["Contact", "<sip:a@192.0.2.1>;expires=7200"]]);
  });

  it("calls what registered last", () => {
    register("<sip:a@192.0.2.1>");
    register("<sip:b@192.0.2.1>");
    assert.equal(reached(), "sip:b@192.0.2.1");
    register("<sip:b@192.0.2.1>", "0");
    assert.equal(reached(), "sip:a@192.0.2.1");
    register("*", "0");
    assert.equal(reached(), undefined);
  });

  it("asks for at least ten seconds, and changes nothing until then", () => {
    assert.deepEqual(register("<sip:a@192.0.2.1>", "5"), { status: 423, headers: [["Min-Expires", "10"]] });
    assert.equal(reached(), undefined);
  });

  it("lets a request that was overtaken change nothing (RFC 3261 §10.3)", () => {
    register("<sip:a@192.0.2.1>", "60", 5);
    assert.equal(register("<sip:a@192.0.2.1>", "0", 4).status, 500);
    assert.equal(reached(), "sip:a@192.0.2.1");
  });

  it("refuses what it cannot read", () => {
    assert.equal(register("*", "60").status, 400);
    assert.equal(register("<tel:+49>").status, 400);
  });

  it("keeps five bindings at most", () => {
    for (const user of ["a", "b", "c", "d", "e", "f"]) register(`<sip:${user}@192.0.2.1>`);
    assert.equal(register(undefined).headers.length, 5);
  });
});
