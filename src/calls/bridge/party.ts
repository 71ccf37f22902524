/**
 * What one end of a call has said of itself and what it was told of the other, kept so that it can be joined with
 * somebody else later: which methods it takes, and what its media are.
 */
import { Buffer } from "node:buffer";
import type { SipMessage } from "../../sip/user-agent.ts";
import type { MediaDescription } from "../pass-headers.ts";
import { bodyOf } from "../pass-headers.ts";

/** RFC 4566 §5.2: user name, session id, version, and where. */
const originLine = /^o=(\S+ \S+) (\d{1,20}) (.*)$/m;
/** RFC 3264 §8.4: on hold, in today's way and in that of RFC 2543. */
const onHold = /^(?:a=(?:sendonly|recvonly|inactive)|c=IN IP4 0\.0\.0\.0)$/m;

interface Told {
  /** As it came, before its origin was written anew. */
  readonly source: Buffer;
  readonly name: string;
  readonly address: string;
  readonly version: bigint;
}

export class Party {
  readonly #methods: ReadonlySet<string> | undefined;
  #media: MediaDescription | undefined;
  #told: Told | undefined;
  #isRenumbered = false;

  /** `introduction`: its INVITE, or its 2xx. `told`: what it was given in return. */
  constructor(introduction: SipMessage, told?: SipMessage | MediaDescription) {
    const methods = introduction.headers.values("Allow").map((method) => method.toUpperCase());
    this.#methods = methods.length === 0 ? undefined : new Set(methods);
    this.hears(introduction);
    if (told?.body !== undefined) this.#told = readTold(told.body);
  }

  /** RFC 3261 §20.5: without Allow nothing is said of what it takes. */
  mayTake(method: string): boolean {
    return this.#methods?.has(method) ?? true;
  }

  /** Its media as it described them last when it was not on hold; undefined: it has described none. */
  get media(): MediaDescription | undefined {
    return this.#media;
  }

  /** A message of its own that counts: what it says of its media is kept. */
  hears(message: SipMessage): void {
    if (!isSdp(message)) return;
    if (this.#media !== undefined && onHold.test(message.body.toString("latin1"))) return;
    this.#media = bodyOf(message);
  }

  /**
   * The body for this end. RFC 3264 §8: within a dialog a description keeps its origin and counts its versions up, so one
   * that comes of somebody else goes on under the origin that this end knows. All else stays byte for byte.
   */
  told(message: SipMessage | MediaDescription): { body?: Buffer } {
    const { body } = message;
    if (body === undefined || body.length === 0) return {};
    const next = readTold(body);
    if (next === undefined) return { body };
    const before = this.#told;
    if (before !== undefined && (before.name !== next.name || before.address !== next.address)) {
      this.#isRenumbered = true;
    }
    if (before === undefined || !this.#isRenumbered) {
      this.#told = next;
      return { body };
    }
    const version = before.source.equals(body) ? before.version : before.version + 1n;
    const { name, address } = before;
    this.#told = { source: body, name, address, version };
    const written = body.toString("latin1").replace(originLine, () => `o=${name} ${version} ${address}`);
    return { body: Buffer.from(written, "latin1") };
  }
}

/** Where the media of a description are to be sent: what must not change behind the other end's back. */
export function mediaAddresses(body: Buffer | undefined): string {
  const lines = body?.toString("latin1").match(/^(?:c=.*|m=\S+ \S+)/gm) ?? [];
  return lines.map((line) => line.trim()).join("\n");
}

function readTold(body: Buffer): Told | undefined {
  const [, name, version, address] = originLine.exec(body.toString("latin1")) ?? [];
  if (name === undefined || version === undefined || address === undefined) return undefined;
  return { source: body, name, address, version: BigInt(version) };
}

function isSdp(message: SipMessage): boolean {
  return (
    message.body.length > 0 && /^application\/sdp\b/i.test(message.headers.get("Content-Type")?.trim() ?? "")
  );
}
