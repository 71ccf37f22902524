/** Bindings of phones and the flows they came by, for tests of what becomes of them. */
import assert from "node:assert/strict";
import type { Binding, Flow } from "../../src/sip/user-agent.ts";
import { parseSipUri } from "../../src/sip/user-agent.ts";

export function flowFrom(protocol: Flow["protocol"], remoteAddress: string, remotePort = 5060): Flow {
  return {
    protocol,
    isReliable: protocol !== "UDP",
    localAddress: "192.0.2.100",
    localPort: 5060,
    remoteAddress,
    remotePort,
    isOpen: true,
    send: () => {},
  };
}

export function bindingOf(contact: string, flow: Flow, parts: Partial<Binding> = {}): Binding {
  const uri = parseSipUri(contact);
  assert.ok(uri);
  return {
    contact,
    uri,
    callId: "c",
    cseq: 1,
    expiresAt: 60_000,
    q: 1,
    flow,
    isOutbound: false,
    ...parts,
  };
}
