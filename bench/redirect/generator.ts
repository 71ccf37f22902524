/**
 * The PBX under whose load the server runs, in a process of its own: takes REGISTER, then keeps a window of calls
 * open (INVITE, 302, ACK) and measures how long each 302 takes. No SIP stack: it must be cheaper than what it measures.
 */
import { createSocket } from "node:dgram";
import { extensionOf } from "./installation.ts";

export type ToGenerator = {
  readonly kind: "run";
  readonly sipPort: number;
  readonly calls: number;
  /** Calls open at a time. */
  readonly window: number;
};

export type FromGenerator =
  | { readonly kind: "ready"; readonly port: number }
  | {
      readonly kind: "done";
      readonly seconds: number;
      readonly redirected: number;
      readonly refused: number;
      readonly lost: number;
      readonly p50Micros: number;
      readonly p99Micros: number;
    };

const socket = createSocket({
  type: "udp4",
  recvBufferSize: 4 << 20,
  sendBufferSize: 4 << 20,
  lookup: (host, _options, done) => done(null, host, 4),
});
const contacts: string[] = [];
let sequence = 0;

const sdp =
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 0 101\r\n" +
  "a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n";

interface Open {
  readonly line: number;
  readonly at: number;
}
const open = new Map<string, Open>();
let run:
  | (ToGenerator & {
      begun: number;
      started: number;
      redirected: number;
      refused: number;
      lost: number;
      micros: number[];
    })
  | undefined;

socket.on("message", (bytes, from) => {
  const text = bytes.toString("latin1");
  if (text.startsWith("REGISTER ")) answerRegister(text, from.port);
  else if (text.startsWith("SIP/2.0 ") && text.slice(8, 11) !== "100") finish(text);
});
socket.bind(0, "127.0.0.1", () => send({ kind: "ready", port: socket.address().port }));

function answerRegister(text: string, port: number): void {
  const header = (name: string): string => new RegExp(`^${name}: (.*)$`, "m").exec(text)?.[1] ?? "";
  const contact = header("Contact");
  const user = /^To:.*<sip:([^@]*)@/m.exec(text)?.[1] ?? "";
  const uri = /<([^>]*)>/.exec(contact)?.[1];
  if (uri !== undefined) contacts[Number(user) - Number(extensionOf(0))] = uri;
  const line = Number(user) - Number(extensionOf(0));
  const answer =
    `SIP/2.0 200 OK\r\nVia: ${header("Via")}\r\nFrom: ${header("From")}\r\nTo: ${header("To")};tag=pbx\r\n` +
    `Call-ID: ${header("Call-ID")}\r\nCSeq: ${header("CSeq")}\r\nContact: <${contacts[line] ?? ""}>;expires=3600\r\nContent-Length: 0\r\n\r\n`;
  socket.send(answer, port, "127.0.0.1");
}

process.on("message", (message: ToGenerator) => {
  run = { ...message, begun: performance.now(), started: 0, redirected: 0, refused: 0, lost: 0, micros: [] };
  for (let index = 0; index < message.window; index++) call();
});

function call(): void {
  if (run === undefined || run.started >= run.calls) return;
  run.started++;
  const number = sequence++;
  const line = (number * 7919) % contacts.length;
  const id = `b${number}`;
  const uri = contacts[line] ?? "";
  const caller =
    number % 2 === 0 ? extensionOf((line + 3) % contacts.length) : `+4989${100_000 + (number % 1000)}`;
  const invite =
    `INVITE ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${socket.address().port};branch=z9hG4bK${id};rport\r\n` +
    `Max-Forwards: 70\r\nFrom: "Caller" <sip:${caller}@pbx.example>;tag=f${id}\r\nTo: <sip:${extensionOf(line)}@pbx.example>\r\n` +
    `Call-ID: ${id}@127.0.0.1\r\nCSeq: 1 INVITE\r\nContact: <sip:pbx@127.0.0.1:${socket.address().port}>\r\n` +
    `Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, INFO, UPDATE\r\nSupported: replaces, timer, 100rel\r\n` +
    `User-Agent: bench\r\nP-Asserted-Identity: <sip:${caller}@pbx.example>\r\nSession-Expires: 1800\r\nMin-SE: 90\r\n` +
    `Content-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`;
  open.set(id, { line, at: performance.now() });
  socket.send(Buffer.from(invite, "latin1"), run.sipPort, "127.0.0.1");
}

function finish(text: string): void {
  const start = text.indexOf("branch=z9hG4bK") + 14;
  const id = /^b\d+/.exec(text.slice(start, start + 20))?.[0] ?? "";
  const sent = open.get(id);
  if (sent === undefined || run === undefined) return;
  open.delete(id);
  const to = /^To: (.*)$/m.exec(text)?.[1] ?? "";
  const ack =
    `ACK ${contacts[sent.line] ?? ""} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${socket.address().port};branch=z9hG4bK${id};rport\r\n` +
    `Max-Forwards: 70\r\nFrom: "Caller" <sip:x@pbx.example>;tag=f${id}\r\nTo: ${to}\r\nCall-ID: ${id}@127.0.0.1\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n`;
  socket.send(Buffer.from(ack, "latin1"), run.sipPort, "127.0.0.1");
  if (text.startsWith("SIP/2.0 302")) run.redirected++;
  else run.refused++;
  run.micros.push((performance.now() - sent.at) * 1000);
  report();
  call();
}

/** A datagram that the system dropped would keep its place in the window for good. */
setInterval(() => {
  const now = performance.now();
  for (const [id, { at }] of open) {
    if (now - at < 1000) continue;
    open.delete(id);
    if (run !== undefined) run.lost++;
    report();
    call();
  }
}, 200).unref();

function report(): void {
  if (run === undefined || run.redirected + run.refused + run.lost < run.calls) return;
  const micros = run.micros.sort((one, other) => one - other);
  const { redirected, refused, lost, begun } = run;
  run = undefined;
  send({
    kind: "done",
    seconds: (performance.now() - begun) / 1000,
    redirected,
    refused,
    lost,
    p50Micros: micros[Math.floor(micros.length * 0.5)] ?? 0,
    p99Micros: micros[Math.floor(micros.length * 0.99)] ?? 0,
  });
}

function send(message: FromGenerator): void {
  process.send?.(message);
}
