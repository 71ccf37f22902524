/** What the steps of a redirected call cost by themselves, warm, in this process: microseconds, the median of batches. */
import { readCall } from "../../src/calls/read-call.ts";
import { contactUriOf, lineAtPbx, lineStateOf } from "../../src/calls/line-at-pbx.ts";
import { createRedirect } from "../../src/calls/redirect.ts";
import type { LineSetup } from "../../src/directory/directory.ts";
import { nothingRemembered } from "../../src/forwarding/call-facts.ts";
import { compileRules } from "../../src/forwarding/compile-rules.ts";
import { decide } from "../../src/forwarding/decide.ts";
import { compileSite } from "../../src/numbering/number-plan.ts";
import { resolveTarget } from "../../src/numbering/target.ts";
import { effectiveProfile } from "../../src/pbx/effective-profile.ts";
import { targetPbx } from "../../src/pbx/target-pbx.ts";
import { parseMessage } from "../../src/sip/message/parse.ts";
import { serializeMessage } from "../../src/sip/message/serialize.ts";
import type { SipRequest } from "../../src/sip/message/message.ts";
import type { Flow } from "../../src/sip/user-agent.ts";
import { installation } from "./installation.ts";

const datagram = Buffer.from(
  [
    "INVITE sip:0123456789abcdef0123456789abcdef@192.0.2.7:5060 SIP/2.0",
    "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK87asdks7;rport",
    "Max-Forwards: 70",
    'From: "Caller" <sip:1000003@pbx.example>;tag=9fxced76sl',
    "To: <sip:1000000@pbx.example>",
    "Call-ID: 3848276298220188511@192.0.2.10",
    "CSeq: 1 INVITE",
    "Contact: <sip:pbx@192.0.2.10>",
    "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, INFO, UPDATE",
    "Supported: replaces, timer, 100rel",
    "User-Agent: bench",
    "P-Asserted-Identity: <sip:1000003@pbx.example>",
    "Session-Expires: 1800",
    "Min-SE: 90",
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n"),
  "latin1",
);

const flow: Flow = {
  protocol: "UDP",
  isReliable: false,
  localAddress: "192.0.2.7",
  localPort: 5060,
  remoteAddress: "192.0.2.10",
  remotePort: 5060,
  isOpen: true,
  send() {},
};

export function measureSteps() {
  const request = parsed();
  const setup = lineSetup();
  const at = lineAtPbx(setup);
  const rules = compileRules(rulesOfFirstLine(), [], (target) => resolve(target, setup));
  const { facts } = readCall(request, flow, at);
  const call = { ...facts, loops: nothingRemembered };
  const state = lineStateOf(at, { callsInProgress: 0, phones: 0 });
  const decision = decide(call, state, rules, 0);
  if (decision.action !== "redirect") throw new Error("the benchmark's call must be redirected");
  const options = {
    toTag: "1234567890abcdef",
    contactUri: contactUriOf(at, decision.target),
    lineUri: at.lineUri,
    reason: decision.diversionReason,
    diversion: true,
    historyInfo: true,
  };
  return {
    parseMicros: microsOf(() => parseMessage(datagram)),
    readCallMicros: microsOf(() => readCall(request, flow, at)),
    decideMicros: microsOf(() => decide(call, state, rules, 0)),
    buildMicros: microsOf(() => serializeMessage(createRedirect(request, options))),
  };
}

function parsed(): SipRequest {
  const result = parseMessage(datagram);
  if (!result.ok || result.value.kind !== "request")
    throw new Error("the benchmark's INVITE must be readable");
  return result.value;
}

function lineSetup(): LineSetup {
  const { sites, pbxs, groups, lines } = installation(10, 5060);
  const [site, pbx, group, line] = [sites[0]!, pbxs[0]!, groups[0]!, lines[0]!];
  return {
    site,
    pbx,
    group,
    line: { ...line, contactToken: "0123456789abcdef0123456789abcdef" },
    profile: effectiveProfile(pbx),
    plan: compileSite(site),
  };
}

function rulesOfFirstLine() {
  return installation(10, 5060)
    .forwardings.slice(0, 6)
    .map(({ forwarding }) => forwarding);
}

function resolve(target: string, { plan, pbx, profile }: LineSetup) {
  return resolveTarget(target, plan, targetPbx(pbx, profile));
}

function microsOf(step: () => unknown): number {
  const batch = 2000;
  const micros: number[] = [];
  for (let round = 0; round < 60; round++) {
    const begun = performance.now();
    for (let index = 0; index < batch; index++) kept = step();
    micros.push(((performance.now() - begun) * 1000) / batch);
  }
  return micros.sort((one, other) => one - other)[30] ?? 0;
}

/** What a step yields is kept, so that nothing of it is optimized away. */
export let kept: unknown;
