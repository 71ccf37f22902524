/**
 * The parts that sipp plays, as the XML that it reads. Values that differ from run to run are sipp's own
 * `[keywords]`: addresses, Call-ID, branches; ours are filled in here.
 */

export interface Registration {
  readonly username: string;
  readonly password: string;
  readonly domain: string;
  /** Where calls are to go. */
  readonly contact: string;
  readonly expiresInSeconds: number;
}

/** Registers once, with digest authentication. */
export function registrationScenario({
  username,
  password,
  domain,
  contact,
  expiresInSeconds,
}: Registration): string {
  const register = (sequence: number, authorization: string) =>
    message(`
REGISTER sip:${domain} SIP/2.0
${via(`r${sequence}`)}
From: <sip:${username}@${domain}>;tag=[pid]r[call_number]
To: <sip:${username}@${domain}>
Call-ID: [call_id]
CSeq: ${sequence} REGISTER
Contact: <${contact}>
Expires: ${expiresInSeconds}
Max-Forwards: 70
${authorization}Content-Length: 0
`);
  return scenario(
    send(register(1, ""), { retransmit: true }),
    receiveResponse(401, { authentication: true }),
    send(register(2, credentials(username, password)), { retransmit: true }),
    receiveResponse(200),
  );
}

export interface Caller {
  /** The From header's address and display name: `"Anna" <sip:101@pbx.example>`. */
  readonly from: string;
  /** The Request-URI and To. */
  readonly to: string;
  /** Present where the PBX asks its subscribers for a password: a proxy by 407, another by 401. */
  readonly credentials?: {
    readonly username: string;
    readonly password: string;
    readonly askedBy?: 401 | 407;
  };
  /** Whole header lines besides. */
  readonly headers?: readonly string[];
  /** How long it talks once answered, before it hangs up. */
  readonly talkMs?: number;
  /** RFC 3262: it can acknowledge ringing, and waits for a 183 that is to be. */
  readonly acknowledgesRinging?: boolean;
  /** What it asks of the other end meanwhile, one after the other; each is answered 200. */
  readonly asks?: readonly InCallRequest[];
}

export interface InCallRequest {
  readonly method: "INFO" | "INVITE";
  readonly contentType: string;
  readonly body: string;
}

/** The other end listens, and is not heard. */
export const hold = {
  method: "INVITE",
  contentType: "application/sdp",
  body: sessionDescription("sendonly"),
} as const;
export const resume = {
  method: "INVITE",
  contentType: "application/sdp",
  body: sessionDescription("sendrecv"),
} as const;

/** Final answers that a caller may get. sipp must be told each; any is a good end of its part. */
const refusals = [
  300, 301, 302, 380, 400, 401, 403, 404, 405, 406, 407, 408, 410, 415, 420, 421, 480, 481, 482, 483, 484,
  485, 486, 487, 488, 491, 500, 501, 503, 504, 513, 600, 603, 604, 606,
];
const provisionals = [100, 180, 181, 182, 183];

/** Calls, takes whatever final answer comes, and hangs up when it was answered. */
export function callerScenario(caller: Caller): string {
  const { from, to, credentials: login, headers = [], talkMs = 0, asks = [] } = caller;
  const parties = (toHeader: string) =>
    `From: ${from};tag=[pid]c[call_number]\n${toHeader}\nCall-ID: [call_id]`;
  const invite = (sequence: number, authorization: string) =>
    send(
      message(
        `
INVITE ${to} SIP/2.0
${via(`i${sequence}`)}
${parties(`To: <${to}>`)}
CSeq: ${sequence} INVITE
Contact: <sip:caller@[local_ip]:[local_port]>
Max-Forwards: 70
${headers.map((line) => `${line}\n`).join("")}${authorization}Content-Type: application/sdp
Content-Length: [len]
`,
        sessionDescription(),
      ),
      { retransmit: true },
    );
  // RFC 3261 §17.1.1.3: the ACK of a refusal belongs to the INVITE's transaction and has its branch.
  const acknowledgeRefusal = (sequence: number) =>
    send(
      message(`
ACK ${to} SIP/2.0
${via(`i${sequence}`)}
${parties("[last_To:]")}
CSeq: ${sequence} ACK
Max-Forwards: 70
Content-Length: 0
`),
    );
  const withinDialog = (method: string, sequence: number, content?: InCallRequest) =>
    message(
      `
${method} [next_url] SIP/2.0
${via(`${method}${sequence}`)}
[routes]
${parties("[last_To:]")}
CSeq: ${sequence} ${method}
${method === "INVITE" ? "Contact: <sip:caller@[local_ip]:[local_port]>\n" : ""}Max-Forwards: 70
${content ? `Content-Type: ${content.contentType}\n` : ""}Content-Length: [len]
`,
      content?.body,
    );
  const ask = (request: InCallRequest, sequence: number): string[] => [
    send(withinDialog(request.method, sequence, request), { retransmit: true }),
    receiveResponse(100, { optional: true }),
    receiveResponse(200),
    // Kamailio's processes may have what comes right behind an ACK overtake it.
    ...(request.method === "INVITE" ? [send(withinDialog("ACK", sequence)), pause(200)] : []),
  ];
  const first = login ? 2 : 1;
  const last = caller.acknowledgesRinging === true ? first + 1 : first;
  // RFC 3262 §7.2: the RSeq of the response, and the CSeq of what was responded to.
  const rack = `RAck: [$rseq] ${String(first)} INVITE`;
  const prack = withinDialog("PRACK", last).replace("Max-Forwards:", () => `${rack}\nMax-Forwards:`);
  return scenario(
    invite(1, ""),
    ...(login
      ? [
          receiveResponse(100, { optional: true }),
          receiveResponse(login.askedBy ?? 407, { authentication: true }),
          acknowledgeRefusal(1),
          invite(2, credentials(login.username, login.password)),
        ]
      : []),
    ...(caller.acknowledgesRinging === true
      ? [
          receiveResponse(100, { optional: true }),
          keep(receiveResponse(183, { recordRoutes: true }), { rseq: "RSeq:" }),
          send(prack, { retransmit: true }),
          receiveResponse(200),
        ]
      : []),
    ...provisionals.map((status) => receiveResponse(status, { optional: true })),
    ...refusals.map((status) => receiveResponse(status, { optional: true, next: "refused" })),
    receiveResponse(200, { recordRoutes: true }),
    send(withinDialog("ACK", first)),
    ...(asks.length > 0 ? [pause(200)] : []),
    ...asks.flatMap((request, index) => ask(request, last + 1 + index)),
    pause(talkMs),
    send(withinDialog("BYE", last + 1 + asks.length), { retransmit: true }),
    receiveResponse(200, { next: "done" }),
    label("refused"),
    acknowledgeRefusal(first),
    label("done"),
  );
}

export interface Callee {
  /** Stands in its Contact, so that a caller can tell who answered. */
  readonly name: string;
  /** 200: answers, and waits for the BYE. Anything else: refuses with it. */
  readonly status: number;
  readonly reason: string;
  /** Whole header lines of that answer. */
  readonly headers?: readonly string[];
  /** RFC 3262: before it answers it sends its media early, and waits for the PRACK. */
  readonly ringsReliably?: boolean;
  /** How many re-INVITEs it answers in each call before the BYE. */
  readonly reinvites?: number;
}

/** Answers each call alike. */
export function calleeScenario(callee: Callee): string {
  const { name, status, reason, headers = [], reinvites = 0 } = callee;
  const newTag = ";tag=[pid]u[call_number]";
  const isAnswer = status >= 200 && status < 300;
  const answer = message(
    `
SIP/2.0 ${status} ${reason}
[last_Via:]
[last_Record-Route:]
[last_From:]
[last_To:]${newTag}
[last_Call-ID:]
[last_CSeq:]
${isAnswer ? `Contact: <sip:${name}@[local_ip]:[local_port]>\nContent-Type: application/sdp\n` : ""}${headers.map((line) => `${line}\n`).join("")}Content-Length: [len]
`,
    isAnswer ? sessionDescription() : "",
  );
  if (!isAnswer)
    return scenario(receiveRequest("INVITE"), send(answer, { retransmit: true }), receiveRequest("ACK"));
  const early = answer
    .replace(`${status} ${reason}`, "183 Session Progress")
    .replace("Content-Type:", "Require: 100rel\nRSeq: 4711\nContent-Type:");
  // What came last is the PRACK by then.
  const late = answer
    .replace("[last_Via:]", "Via:[$via]")
    .replace("[last_CSeq:]", "CSeq:[$cseq]")
    .replace(newTag, "");
  return scenario(
    ...(callee.ringsReliably === true
      ? [
          keep(receiveRequest("INVITE"), { via: "Via:", cseq: "CSeq:" }),
          send(early, { retransmit: true }),
          receiveRequest("PRACK"),
          send(okay),
          pause(300),
          send(late, { retransmit: true }),
        ]
      : [receiveRequest("INVITE"), send(answer, { retransmit: true })]),
    receiveRequest("ACK"),
    ...Array.from({ length: reinvites }, () => [
      receiveRequest("INVITE"),
      send(answer.replace(newTag, ""), { retransmit: true }),
      receiveRequest("ACK"),
    ]).flat(),
    receiveRequest("BYE"),
    send(okay),
  );
}

/** To a request within a call. */
const okay = message(`
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0
`);

function sessionDescription(direction?: "sendonly" | "sendrecv"): string {
  return `v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio 40000 RTP/AVP 8
a=rtpmap:8 PCMA/8000
${direction ? `a=${direction}\n` : ""}`;
}

/** One branch for each transaction: `name` tells those of one call apart. */
function via(name: string): string {
  return `Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-[pid]-[call_number]-${name}`;
}

function credentials(username: string, password: string): string {
  return `[authentication username=${username} password=${password}]\n`;
}

/** Head and body as sipp wants them: no line before the first, an empty one between. sipp writes the line ends. */
function message(head: string, body = ""): string {
  return `${head.trim()}\n\n${body}`;
}

function scenario(...steps: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="divert">\n${steps.join("\n")}\n</scenario>\n`;
}

/** `retransmit`: by timer A's or G's start of 500 ms, until what is expected next arrives. */
function send(text: string, options: { retransmit?: boolean } = {}): string {
  return `<send${options.retransmit ? ' retrans="500"' : ""}><![CDATA[\n${text}\n]]></send>`;
}

interface ResponseOptions {
  readonly optional?: boolean;
  readonly authentication?: boolean;
  readonly recordRoutes?: boolean;
  readonly next?: string;
}

function receiveResponse(status: number, options: ResponseOptions = {}): string {
  const { optional, authentication, recordRoutes, next } = options;
  return (
    `<recv response="${status}"` +
    (optional ? ' optional="true"' : "") +
    (authentication ? ' auth="true"' : "") +
    (recordRoutes ? ' rrs="true"' : "") +
    (next === undefined ? "" : ` next="${next}"`) +
    "/>"
  );
}

function receiveRequest(method: string): string {
  return `<recv request="${method}"/>`;
}

/** The same, and values of header fields of what comes are kept under those names. */
function keep(receive: string, names: Readonly<Record<string, string>>): string {
  const actions = Object.entries(names).map(
    ([name, header]) =>
      `<ereg regexp="[[:graph:]][[:print:]]*" search_in="hdr" header="${header}" assign_to="${name}"/>`,
  );
  return receive.replace("/>", `><action>${actions.join("")}</action></recv>`);
}

function pause(milliseconds: number): string {
  return `<pause milliseconds="${milliseconds}"/>`;
}

function label(id: string): string {
  return `<label id="${id}"/>`;
}
