import { wellFormed, wire } from "./vector.ts";
import type { Vector } from "./vector.ts";

/* RFC 5118 §4: torture messages for IPv6. Written out from the text of the RFC; the session descriptions are of its kind. */

function vector(name: string, section: string, text: string, more: Partial<Vector> = {}): Vector {
  return {
    name,
    section: `RFC 5118 §${section}`,
    bytes: wire(text),
    parser: "request",
    answers: wellFormed,
    maySayNothing: true,
    ...more,
  };
}

/** A request whose body's length is counted. */
function withBody(head: string, body: string): string {
  return `${head}Content-Type: application/sdp\nContent-Length: ${wire(body).length}\n\n${body}`;
}

function register(requestUri: string): string {
  return `REGISTER ${requestUri} SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Max-Forwards: 70
Contact: "Caller" <sip:caller@[2001:db8::1]>
CSeq: 98176 REGISTER
Content-Length: 0

`;
}

function options(host: string): string {
  return `OPTIONS sip:user@${host} SIP/2.0
To: sip:user@${host}
From: sip:user@example.com;tag=810x2
Via: SIP/2.0/UDP lab1.east.example.com;branch=z9hG4bKas3-111
Call-ID: G9559905523997077@hlau_4100
CSeq: 689 OPTIONS
Max-Forwards: 70
Content-Length: 0

`;
}

export const rfc5118: readonly Vector[] = [
  vector("ipv6-good", "4.1", register("sip:[2001:db8::10]")),
  vector("ipv6-bad", "4.2", register("sip:2001:db8::10"), {
    parser: 400,
    answers: [400],
    maySayNothing: false,
    stream: { messages: 0, closes: false, waits: false },
  }),
  vector("port-ambiguous", "4.3", register("sip:[2001:db8::10:5070]")),
  vector("port-unambiguous", "4.4", register("sip:[2001:db8::10]:5070")),
  vector(
    "via-received-param-with-delim",
    "4.5",
    `BYE sip:[2001:db8::10] SIP/2.0
To: sip:user@example.com;tag=bd76ya
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Max-Forwards: 70
CSeq: 321 BYE
Content-Length: 0

`,
  ),
  vector(
    "via-received-param-no-delim",
    "4.5",
    `OPTIONS sip:[2001:db8::10] SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3
Call-ID: SSG95523997077@hlau_4100
Max-Forwards: 70
Contact: "Caller" <sip:caller@[2001:db8::9:1]>
CSeq: 921 OPTIONS
Content-Length: 0

`,
  ),
  vector(
    "ipv6-in-sdp",
    "4.6",
    withBody(
      `INVITE sip:user@[2001:db8::10] SIP/2.0
To: sip:user@[2001:db8::10]
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::20];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "Caller" <sip:caller@[2001:db8::20]>
CSeq: 8612 INVITE
Max-Forwards: 70
`,
      `v=0
o=assistant 971731711378798081 0 IN IP6 2001:db8::20
s=Live video feed for today's meeting
c=IN IP6 2001:db8::20
t=3338481189 3370017201
m=audio 6000 RTP/AVP 2
a=rtpmap:2 G726-32/8000
m=video 6024 RTP/AVP 107
a=rtpmap:107 H263-1998/90000
`,
    ),
  ),
  vector(
    "mult-ip-in-header",
    "4.7",
    `BYE sip:user@host.example.net SIP/2.0
Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144
Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200
Call-ID: 997077@lau_4100
Max-Forwards: 70
CSeq: 89187 BYE
To: sip:user@example.net;tag=9817--94
From: sip:user@example.com;tag=81x2
Content-Length: 0

`,
  ),
  vector(
    "mult-ip-in-sdp",
    "4.8",
    withBody(
      `INVITE sip:user@[2001:db8::10] SIP/2.0
To: sip:user@[2001:db8::10]
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "Caller" <sip:caller@[2001:db8::9:1]>
Max-Forwards: 70
CSeq: 8912 INVITE
`,
      `v=0
o=bob 280744730 28977631 IN IP4 host.example.com
s=
t=0 0
m=audio 22334 RTP/AVP 0
c=IN IP4 192.0.2.1
m=video 6024 RTP/AVP 107
c=IN IP6 2001:db8::1
a=rtpmap:107 H263-1998/90000
`,
    ),
  ),
  vector(
    "ipv4-mapped-ipv6",
    "4.9",
    withBody(
      `INVITE sip:user@example.com SIP/2.0
To: sip:user@example.com
From: sip:user@east.example.com;tag=81x2
Via: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19
Via: SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "T. desk phone" <sip:ted@[::ffff:192.0.2.2]>
CSeq: 612 INVITE
Max-Forwards: 70
`,
      `v=0
o=bob 280744730 28977631 IN IP6 ::ffff:192.0.2.2
s=
c=IN IP6 ::ffff:192.0.2.2
t=0 0
m=audio 22334 RTP/AVP 0
`,
    ),
  ),
  vector("ipv6-bug-abnf-3-colons", "4.10", options("[2001:db8:::192.0.2.1]")),
  vector("ipv6-correct-abnf-2-colons", "4.10", options("[2001:db8::192.0.2.1]")),
];
