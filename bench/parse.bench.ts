import { bench, do_not_optimize, group, run } from "mitata";
import { createResponse } from "../src/sip/message/build.ts";
import { splitHead } from "../src/sip/message/head.ts";
import type { SipRequest } from "../src/sip/message/message.ts";
import { parseMessage } from "../src/sip/message/parse.ts";
import { StreamParser } from "../src/sip/message/parse-stream.ts";
import { serializeMessage } from "../src/sip/message/serialize.ts";

/** An INVITE of 18 header fields with a session description, as a PBX sends it to a line. */
export const invite = Buffer.from(
  [
    "INVITE sip:6f1d2c3b4a59687706f1d2c3b4a5968@192.0.2.10:5060;transport=udp SIP/2.0",
    "Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bKPj0a7c3f8e-5d21-4f6b-9a53-1c2d3e4f5a6b",
    'From: "Anna Muster" <sip:+4989123456@pbx.example>;tag=4e0c6a1b-7f3d-4d5e-8c9a-0b1c2d3e4f5a',
    "To: <sip:101@192.0.2.10>",
    "Contact: <sip:asterisk@192.0.2.1:5060>",
    "Call-ID: 1b7e2f6c-9d84-4a35-b0c1-2d3e4f5a6b7c",
    "CSeq: 18423 INVITE",
    "Allow: OPTIONS, REGISTER, SUBSCRIBE, NOTIFY, PUBLISH, INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, MESSAGE, REFER",
    "Supported: 100rel, timer, replaces, norefersub, histinfo",
    "Session-Expires: 1800",
    "Min-SE: 90",
    'P-Asserted-Identity: "Anna Muster" <sip:+4989123456@pbx.example>',
    'Diversion: "Line 110" <sip:110@pbx.example>;reason=unconditional;counter=1',
    "Privacy: none",
    "Max-Forwards: 70",
    "User-Agent: Asterisk PBX 20.6.0",
    "X-Trace: 9c0d1e2f3a4b5c6d",
    "Content-Type: application/sdp",
    "Content-Length: 253",
    "",
    "v=0",
    "o=- 1462836741 1462836741 IN IP4 192.0.2.1",
    "s=Asterisk",
    "c=IN IP4 192.0.2.1",
    "t=0 0",
    "m=audio 17432 RTP/AVP 8 0 9 101",
    "a=rtpmap:8 PCMA/8000",
    "a=rtpmap:0 PCMU/8000",
    "a=rtpmap:9 G722/8000",
    "a=rtpmap:101 telephone-event/8000",
    "a=fmtp:101 0-16",
    "a=ptime:20",
    "a=sendrecv",
    "",
  ].join("\r\n"),
);

function parsed(): SipRequest {
  const result = parseMessage(invite);
  if (!result.ok || result.value.kind !== "request") throw new Error("the sample must parse");
  return result.value;
}

const request = parsed();
const redirect: [string, string][] = [
  ["Contact", "<sip:+4989654321@pbx.example>"],
  ["Diversion", "<sip:101@pbx.example>;reason=unconditional;counter=1"],
];

group("in", () => {
  bench("split the head of an INVITE of 18 fields", () =>
    do_not_optimize(splitHead(invite.toString("latin1"), 0, 1024)),
  );
  bench("parse it: split, the six headers and the Request-URI read", () =>
    do_not_optimize(parseMessage(invite)),
  );
  bench("parse it from a stream", () => do_not_optimize(new StreamParser().push(invite)));
});

group("out", () => {
  bench("build a 302", () =>
    do_not_optimize(createResponse(request, 302, undefined, { toTag: "8f3a", headers: redirect })),
  );
  bench("build and serialize a 302", () => {
    do_not_optimize(
      serializeMessage(createResponse(request, 302, undefined, { toTag: "8f3a", headers: redirect })),
    );
  });
  bench("serialize the INVITE", () => do_not_optimize(serializeMessage(request)));
});

group("both", () => {
  bench("from INVITE octets to 302 octets", () => {
    const result = parseMessage(invite);
    if (!result.ok || result.value.kind !== "request") return;
    const answer = createResponse(result.value, 302, undefined, { toTag: "8f3a", headers: redirect });
    do_not_optimize(serializeMessage(answer));
  });
});

await run();
