import type { Buffer } from "node:buffer";
import { visibleCharacter, isAll } from "./characters.ts";
import type { CSeq } from "./cseq.ts";
import { parseCSeq } from "./cseq.ts";
import type { Headers } from "./headers.ts";
import type { NameAddr } from "./name-addr.ts";
import { parseNameAddr } from "./name-addr.ts";
import { parseNumber } from "./number.ts";
import type { SipUri } from "./uri.ts";
import { parseSipUri } from "./uri.ts";
import type { Via } from "./via.ts";
import { parseFirstVia, parseVia, salvageVia, serializeVia } from "./via.ts";

export type SipMessage = SipRequest | SipResponse;

/** Why bytes are no message that can be worked with. */
export interface ParseFailure {
  /** Which rule did not hold; a constant text, safe to log. */
  readonly reason: string;
  /** Octet of the message near which it was seen. */
  readonly offset?: number;
  /**
   * The request as far as it was understood, where it can be answered: its top Via is readable and it is no ACK. Only
   * `topVia`, `method` and raw headers may be asked of it; `createResponse` needs no more.
   */
  readonly respondable?: SipRequest;
  /** What to answer it with. There whenever `respondable` is. */
  readonly status?: 400 | 413 | 505 | 513;
}

/**
 * What requests and responses have in common: headers, body, and the headers that every message needs, read on first use
 * and remembered until the headers change. The parser lets through only messages in which these can be read, so a getter
 * that cannot is a bug of who built the message, and throws.
 */
abstract class MessageParts {
  readonly headers: Headers;
  readonly body: Buffer;
  #revision = -1;
  #topVia: Via | undefined;
  #vias: readonly Via[] | undefined;
  #from: NameAddr | undefined;
  #to: NameAddr | undefined;
  #cseq: CSeq | undefined;

  constructor(headers: Headers, body: Buffer) {
    this.headers = headers;
    this.body = body;
  }

  /**
   * The topmost Via: for a request the hop that sent it, for a response ourselves. Of one whose parameters cannot be
   * read at least protocol and sent-by.
   */
  get topVia(): Via | undefined {
    return this.#readTopVia() ?? salvageVia(this.headers.get("Via") ?? "");
  }

  /** All Vias from the top; one below the top that cannot be read is left out. */
  get vias(): readonly Via[] {
    this.#forgetOnChange();
    return (this.#vias ??= this.headers
      .values("Via")
      .map(parseVia)
      .filter((via) => via !== undefined));
  }

  /** Writes the topmost Via anew. Unlike a change to the headers it costs no second reading: what was read stays read. */
  replaceTopVia(via: Via): void {
    this.#forgetOnChange();
    this.headers.replaceFirstValue("Via", serializeVia(via));
    this.#revision = this.headers.revision;
    this.#topVia = via;
    this.#vias = undefined;
  }

  get from(): NameAddr {
    return this.#readFrom() ?? unreadable("From");
  }

  get to(): NameAddr {
    return this.#readTo() ?? unreadable("To");
  }

  get fromTag(): string | undefined {
    return this.from.parameters.get("tag");
  }

  get toTag(): string | undefined {
    return this.to.parameters.get("tag");
  }

  get callId(): string {
    return this.headers.get("Call-ID") ?? unreadable("Call-ID");
  }

  get cseq(): CSeq {
    return this.#readCSeq() ?? unreadable("CSeq");
  }

  /** The name of a header that every message needs and that is missing or unreadable; undefined when all is well. */
  findUnreadable(): string | undefined {
    if (this.#readTopVia() === undefined) return "Via";
    if (this.#readFrom() === undefined) return "From";
    if (this.#readTo() === undefined) return "To";
    if (!isCallId(this.headers.get("Call-ID"))) return "Call-ID";
    return this.#readCSeq() === undefined ? "CSeq" : undefined;
  }

  #readTopVia(): Via | undefined {
    this.#forgetOnChange();
    return (this.#topVia ??= parseFirstVia(this.headers.get("Via") ?? ""));
  }

  #readFrom(): NameAddr | undefined {
    this.#forgetOnChange();
    return (this.#from ??= parseNameAddr(this.headers.get("From") ?? ""));
  }

  #readTo(): NameAddr | undefined {
    this.#forgetOnChange();
    return (this.#to ??= parseNameAddr(this.headers.get("To") ?? ""));
  }

  #readCSeq(): CSeq | undefined {
    this.#forgetOnChange();
    return (this.#cseq ??= parseCSeq(this.headers.get("CSeq") ?? ""));
  }

  #forgetOnChange(): void {
    if (this.#revision === this.headers.revision) return;
    this.#revision = this.headers.revision;
    this.#topVia = this.#vias = this.#from = this.#to = this.#cseq = undefined;
  }
}

export class SipRequest extends MessageParts {
  readonly kind = "request";
  readonly method: string;
  /** As it was written. */
  readonly requestUri: string;
  #uri: SipUri | undefined;

  constructor(method: string, requestUri: string, headers: Headers, body: Buffer) {
    super(headers, body);
    this.method = method;
    this.requestUri = requestUri;
  }

  /** The Request-URI read; undefined when it is of another scheme than sip and sips. */
  get uri(): SipUri | undefined {
    return (this.#uri ??= parseSipUri(this.requestUri));
  }

  /** Undefined when it is absent, as from elements of RFC 2543. */
  get maxForwards(): number | undefined {
    const value = this.headers.get("Max-Forwards");
    return value === undefined ? undefined : (parseMaxForwards(value) ?? unreadable("Max-Forwards"));
  }

  override findUnreadable(): string | undefined {
    const maxForwards = this.headers.get("Max-Forwards");
    if (maxForwards !== undefined && parseMaxForwards(maxForwards) === undefined) return "Max-Forwards";
    return super.findUnreadable();
  }
}

export class SipResponse extends MessageParts {
  readonly kind = "response";
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, headers: Headers, body: Buffer) {
    super(headers, body);
    this.status = status;
    this.reason = reason;
  }
}

/** RFC 3261 §20.22: 0 to 255. */
function parseMaxForwards(value: string): number | undefined {
  return parseNumber(value, 255);
}

/** callid = word [ "@" word ]; all is taken that is visible. */
function isCallId(value: string | undefined): boolean {
  return value !== undefined && value !== "" && isAll(value, visibleCharacter);
}

function unreadable(name: string): never {
  throw new Error(`the ${name} of a message is missing or unreadable; the parser would have refused it`);
}
