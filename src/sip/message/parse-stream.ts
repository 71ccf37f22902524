import { Buffer } from "node:buffer";
import { isIn, tokenCharacter } from "./characters.ts";
import { splitHead } from "./head.ts";
import type { Head } from "./head.ts";
import { messageLimits } from "./limits.ts";
import type { MessageLimits } from "./limits.ts";
import type { ParseFailure, SipMessage } from "./message.ts";
import { assemble, contentLength } from "./parse.ts";
import type { FramingFault } from "./parse.ts";

export type StreamEvent =
  | { readonly kind: "message"; readonly message: SipMessage }
  /** Fatal: where the next message begins is not known. Answer it if it can be answered, then close. */
  | { readonly kind: "malformed"; readonly failure: ParseFailure; readonly isFatal: boolean }
  /** RFC 5626 §4.4.1: CRLF CRLF, to be answered with one CRLF. At most one for a chunk, however many came. */
  | { readonly kind: "ping" }
  /** A single CRLF: the answer to a ping of ours. A ping cut in two is told as a pong and then as a ping. */
  | { readonly kind: "pong" };

const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const endOfHead = Buffer.from("\r\n\r\n", "latin1");
const nothing = Buffer.alloc(0);

/** A head that was read and the octets of its message, body included. */
interface Framed {
  readonly head: Head;
  readonly headLength: number;
  readonly messageLength: number;
}

/**
 * Cuts a stream into messages (RFC 3261 §18.3): one parser a connection. Takes chunks as they come, cut anywhere. Holds
 * at most one unfinished message, which grows with what has arrived, never with what was announced, and not above the
 * limits. Never throws; linear in what it is given. After a fatal event it takes nothing any more.
 */
export class StreamParser {
  readonly #limits: MessageLimits;
  /** What of the unfinished message has come, from its first octet. */
  #storage: Buffer = nothing;
  #stored = 0;
  /** No end of the head begins before this octet of it. */
  #searched = 0;
  /** Known once the head has come. */
  #framed: Framed | undefined;
  #hasOddLineBreak = false;
  #isDead = false;

  constructor(limits: MessageLimits = messageLimits) {
    this.#limits = limits;
  }

  /** Whether a message has begun and not ended: the peer owes the rest. */
  get isWithinMessage(): boolean {
    return this.#stored > 0;
  }

  /** What the chunk completes, in order. Bodies may be views on the chunk: nobody may write to it afterwards. */
  push(chunk: Buffer): StreamEvent[] {
    if (this.#isDead || chunk.length === 0) return [];
    const events: StreamEvent[] = [];
    if (this.#stored === 0) {
      this.#keep(chunk, this.#takeMessages(chunk, events));
      return events;
    }
    this.#store(chunk);
    if (this.#framed !== undefined && this.#stored < this.#framed.messageLength) return events;
    const bytes = this.#storage.subarray(0, this.#stored);
    const taken = this.#takeMessages(bytes, events);
    if (taken > 0) this.#keep(bytes, taken);
    return events;
  }

  /** Tells all whole messages; answers how many octets they took. */
  #takeMessages(bytes: Buffer, events: StreamEvent[]): number {
    let start = 0;
    for (;;) {
      if (this.#framed === undefined) {
        start = this.#skipLineBreaks(bytes, start, events);
        if (start === bytes.length || isHalfLineBreak(bytes, start)) return start;
        this.#framed = this.#readHead(bytes, start, events);
        if (this.#isDead) return bytes.length;
        if (this.#framed === undefined) return start;
      }
      const { head, headLength, messageLength } = this.#framed;
      if (bytes.length - start < messageLength) return start;
      const body = bytes.subarray(start + headLength, start + messageLength);
      this.#framed = undefined;
      this.#searched = 0;
      this.#tell(head, body, undefined, events);
      if (this.#isDead) return bytes.length;
      start += messageLength;
    }
  }

  /** The head that begins at `start`, once it has come whole and says where its message ends. */
  #readHead(bytes: Buffer, start: number, events: StreamEvent[]): Framed | undefined {
    // A TLS hello, a STUN message, noise: no need to wait for the end of a head that will never be.
    if (!isIn(bytes[start] ?? 0, tokenCharacter)) {
      this.#giveUp({ reason: "not SIP" }, events);
      return undefined;
    }

    const end = bytes.indexOf(endOfHead, start + Math.max(0, this.#searched - endOfHead.length + 1));
    const headLength = end === -1 ? bytes.length - start : end + endOfHead.length - start;
    const isTooLong = headLength > this.#limits.headBytes;
    if (end === -1 && !isTooLong) {
      this.#searched = headLength;
      return undefined;
    }
    const visible = start + Math.min(headLength, this.#limits.headBytes);
    const head = splitHead(bytes.toString("latin1", start, visible), 0, this.#limits.headerFields);
    if (isTooLong) {
      const whole = head.fault?.reason === "head without end" ? { ...head, fault: undefined } : head;
      this.#tell(whole, nothing, { reason: "head too long", status: 513 }, events);
      return undefined;
    }
    const length = this.#bodyLength(head, headLength);
    if (typeof length === "number") return { head, headLength, messageLength: headLength + length };
    this.#tell(head, nothing, length, events);
    return undefined;
  }

  /** How long the body is, or why that cannot be relied on. */
  #bodyLength(head: Head, headLength: number): number | FramingFault {
    // An empty line made of bare line feeds: others may see the end of the head elsewhere.
    if (head.bodyStart !== headLength) return { reason: "end of the head", status: 400 };
    if (head.names.indexOf("Content-Length") !== head.names.lastIndexOf("Content-Length")) {
      return { reason: "second Content-Length", status: 400 };
    }
    // RFC 3261 §20.14: over a stream it must be there.
    const length = contentLength(head) ?? "unreadable";
    if (length === "unreadable") return { reason: "Content-Length", status: 400 };
    return length > this.#limits.bodyBytes ? { reason: "body too long", status: 413 } : length;
  }

  /** With a framing fault this is the end of the stream. */
  #tell(head: Head, body: Buffer, framing: FramingFault | undefined, events: StreamEvent[]): void {
    const result = assemble(head, body, framing);
    if (result.ok) {
      events.push({ kind: "message", message: result.value });
    } else if (framing !== undefined || result.failure.reason === "not SIP") {
      this.#giveUp(result.failure, events);
    } else {
      events.push({ kind: "malformed", failure: result.failure, isFatal: false });
    }
  }

  #giveUp(failure: ParseFailure, events: StreamEvent[]): void {
    this.#isDead = true;
    events.push({ kind: "malformed", failure, isFatal: true });
  }

  /** RFC 3261 §7.5: empty lines between messages. RFC 5626 §4.4.1: two of them are a ping. */
  #skipLineBreaks(bytes: Buffer, from: number, events: StreamEvent[]): number {
    let start = from;
    while (bytes[start] === carriageReturn && bytes[start + 1] === lineFeed) start += 2;
    if (start > from) {
      const breaks = (start - from) / 2 + (this.#hasOddLineBreak ? 1 : 0);
      this.#hasOddLineBreak = breaks % 2 === 1;
      const kind = breaks > 1 ? "ping" : "pong";
      if (!events.some((event) => event.kind === kind)) events.push({ kind });
    }
    if (start < bytes.length && !isHalfLineBreak(bytes, start)) this.#hasOddLineBreak = false;
    return start;
  }

  /** Adds to what is stored, in room that doubles: a message that drips in octet by octet costs linear time. */
  #store(chunk: Buffer): void {
    const needed = this.#stored + chunk.length;
    if (needed > this.#storage.length) {
      const roomier = Buffer.allocUnsafe(Math.max(needed, 2 * this.#storage.length));
      this.#storage.copy(roomier, 0, 0, this.#stored);
      this.#storage = roomier;
    }
    chunk.copy(this.#storage, this.#stored);
    this.#stored = needed;
  }

  /** Stores what was not taken, in a place of its own: bodies already told go on using the old one. */
  #keep(bytes: Buffer, taken: number): void {
    this.#storage = taken >= bytes.length ? nothing : Buffer.from(bytes.subarray(taken));
    this.#stored = this.#storage.length;
  }
}

/** The CR of a CRLF whose LF has not come yet. */
function isHalfLineBreak(bytes: Buffer, start: number): boolean {
  return bytes[start] === carriageReturn && start + 1 === bytes.length;
}
