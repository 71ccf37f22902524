import assert from "node:assert/strict";
import { test } from "node:test";
import { bindingOf, flowFrom } from "../../test/support/example-bindings.ts";
import { bindingsToRing } from "./phone-contact.ts";

test("the most preferred phone comes first, and of one with several flows the latest alone rings (RFC 5626 §7)", () => {
  const flow = flowFrom("TCP", "192.0.2.1");
  const bindings = [
    bindingOf("sip:second@192.0.2.1", flow, { instanceId: "<urn:uuid:0>", regId: 2 }),
    bindingOf("sip:first@192.0.2.1", flow, { instanceId: "<urn:uuid:0>", regId: 1 }),
    bindingOf("sip:spare@192.0.2.1", flow, { q: 0.5 }),
    bindingOf("sip:desk@192.0.2.1", flow),
  ];
  assert.deepEqual(
    bindingsToRing(bindings).map(({ uri }) => uri.user),
    ["second", "desk", "spare"],
  );
});
