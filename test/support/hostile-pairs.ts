/**
 * INVITE and CANCEL pairs in the spirit of PROTOS c07-sip (OUSPG, 2002): a good INVITE in which one element at a time is
 * replaced by something that has broken SIP stacks, and the CANCEL that belongs to it. The elements and the values are written
 * from what is known of that suite; its own test cases are not at hand.
 */
import { randomUUID } from "node:crypto";

/** The elements of an INVITE, each by what it is when it is good. */
const elements = {
  method: "INVITE",
  requestUser: "LINE",
  requestHost: "divert.example",
  version: "SIP/2.0",
  via: "",
  viaParameter: "rport",
  fromDisplay: '"Caller"',
  fromUri: "sip:+4989123456@pbx.example",
  fromTag: "caller",
  toDisplay: '"Line"',
  toUri: "sip:101@pbx.example",
  toParameter: "x=1",
  callId: "",
  cseqNumber: "1",
  cseqMethod: "INVITE",
  maxForwards: "70",
  contact: "<sip:caller@192.0.2.1>",
  contactParameter: "expires=60",
  expires: "60",
  contentType: "application/sdp",
  contentLength: "",
  identity: "<sip:+4989123456@pbx.example>",
  diversion: "<sip:103@pbx.example>;reason=user-busy;counter=1",
  history: "<sip:103@pbx.example>;index=1",
  require: "timer",
  headerName: "Subject",
  headerValue: "a call",
  separator: ": ",
  lineEnd: "\r\n",
  sdpVersion: "v=0",
  sdpOrigin: "o=- 1 1 IN IP4 192.0.2.1",
  sdpConnection: "c=IN IP4 192.0.2.1",
  sdpMedia: "m=audio 49170 RTP/AVP 0",
} as const;

type Element = keyof typeof elements;

const lengths = [1, 16, 64, 128, 255, 256, 257, 511, 1023, 1024, 1025, 2048, 4096, 8192, 16_384, 32_768];

/** What takes an element's place. Octets, written as latin1. */
const values: readonly string[] = [
  "",
  " ",
  "\t",
  // Overlong.
  ...lengths.map((length) => "a".repeat(length)),
  ...lengths.slice(4, 10).map((length) => "1".repeat(length)),
  // Format strings.
  ...["%s", "%n", "%x", "%d", "%.1024d", "%.2048d", "%99999999s"],
  ...[4, 32, 256].flatMap((count) => ["%s".repeat(count), "%n".repeat(count)]),
  // Numbers at the edges of what numbers hold.
  ...[
    "-1",
    "0",
    "00000001",
    "+1",
    "1.5",
    "1e9",
    "0x41",
    "127",
    "128",
    "255",
    "256",
    "32767",
    "32768",
    "65535",
  ],
  ...["65536", "2147483647", "2147483648", "-2147483648", "4294967295", "4294967296", "18446744073709551616"],
  // Versions.
  ...[
    "SIP/0.0",
    "SIP/1.0",
    "SIP/2",
    "SIP/2.00",
    "SIP/3.0",
    "SIP/65536.65536",
    "SIP/-1.0",
    "HTTP/1.1",
    "SIP2.0",
  ],
  // Text that is no UTF-8, or more of it than is needed.
  ...[
    "\xff",
    "\xfe\xff",
    "\xc0\xaf",
    "\xe0\x80\xaf",
    "\xf0\x80\x80\xaf",
    "\xf8\x80\x80\x80\xaf",
    "\xc3",
    "\xed\xa0\x80",
  ],
  ...["\xc3\xa4".repeat(64), "\xe2\x80\xae", "\xff".repeat(1024)],
  // What means something to a parser.
  ...[
    "\0",
    "\0".repeat(256),
    "\x07",
    "\x1b[2J",
    "\r",
    "\n",
    "\r\n",
    "\r\n\r\n",
    "\r\n ",
    "\\",
    '"',
    '"'.repeat(255),
  ],
  ...[
    "<",
    ">",
    "<".repeat(256),
    "<>",
    ";",
    ";".repeat(1024),
    ",",
    ",".repeat(1024),
    "@",
    "@".repeat(256),
    ":",
    "=",
  ],
  ...[
    "[",
    "]",
    "[::1",
    "[::1]",
    "[" + ":".repeat(64) + "]",
    "?",
    "&",
    "%",
    "%0",
    "%00",
    "%0d%0a",
    "%41".repeat(256),
  ],
  // Addresses and URIs.
  ...[
    "127.0.0.1",
    "999.999.999.999",
    "1.2.3",
    "0x7f.1",
    "192.0.2.1:99999",
    "sip:",
    "sip:@",
    "sip::::@@@@",
    "sip:a@b?c=d",
  ],
  ...[
    "sips:101@pbx.example",
    "tel:+4989",
    "http://pbx.example/",
    "data:,x",
    "sip:" + "a".repeat(4096) + "@b",
  ],
  ...[
    "<sip:a@b>,<sip:c@d>",
    "*",
    "a;b;c;d=e=f",
    '"a" "b" <c>',
    "' OR 1=1 --",
    "$(reboot)",
    "../../../../etc/passwd",
  ],
];

export interface HostilePair {
  /** `fromTag 37`: which element holds which value. */
  readonly name: string;
  readonly invite: Buffer;
  readonly cancel: Buffer;
}

export interface HostileOptions {
  /** `SIP/2.0/UDP` and the like with host and port, without the branch. */
  readonly via: string;
  /** User part of a line's Contact. */
  readonly line: string;
}

/** Some 4,500 pairs, always the same but for their Call-IDs. */
export function* hostilePairs({ via, line }: HostileOptions): Generator<HostilePair> {
  for (const element of Object.keys(elements) as Element[]) {
    for (const [index, value] of values.entries()) {
      const good = { ...elements, requestUser: line, callId: randomUUID(), via };
      const invite = write("INVITE", { ...good, [element]: value });
      const cancel = write("CANCEL", { ...good, method: "CANCEL", cseqMethod: "CANCEL" });
      yield { name: `${element} ${index}`, invite, cancel };
    }
  }
}

function write(method: "INVITE" | "CANCEL", parts: Readonly<Record<Element, string>>): Buffer {
  const body =
    method === "CANCEL"
      ? ""
      : [parts.sdpVersion, parts.sdpOrigin, "s=-", parts.sdpConnection, "t=0 0", parts.sdpMedia, ""].join(
          "\r\n",
        );
  const head: (readonly [name: string, value: string])[] = [
    ["Via", `${parts.via};branch=z9hG4bK${parts.callId};${parts.viaParameter}`],
    ["From", `${parts.fromDisplay} <${parts.fromUri}>;tag=${parts.fromTag}`],
    ["To", `${parts.toDisplay} <${parts.toUri}>;${parts.toParameter}`],
    ["Call-ID", parts.callId],
    ["CSeq", `${parts.cseqNumber} ${parts.cseqMethod}`],
    ["Max-Forwards", parts.maxForwards],
  ];
  if (method === "INVITE") {
    head.push(
      ["Contact", `${parts.contact};${parts.contactParameter}`],
      ["Expires", parts.expires],
      ["P-Asserted-Identity", parts.identity],
      ["Diversion", parts.diversion],
      ["History-Info", parts.history],
      ["Require", parts.require],
      [parts.headerName, parts.headerValue],
      ["Content-Type", parts.contentType],
    );
  }
  head.push(["Content-Length", parts.contentLength === "" ? String(body.length) : parts.contentLength]);
  const { separator, lineEnd } = parts;
  const fields = head.map(([name, value]) => `${name}${separator}${value}${lineEnd}`).join("");
  const uri = `sip:${parts.requestUser}@${parts.requestHost}`;
  return Buffer.from(`${parts.method} ${uri} ${parts.version}\r\n${fields}\r\n${body}`, "latin1");
}
