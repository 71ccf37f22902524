import type { SipMessage } from "./message.ts";
import { parseNameAddr, serializeNameAddr } from "./name-addr.ts";
import type { NameAddr } from "./name-addr.ts";
import { parseNumber } from "./number.ts";

/** RFC 5806 §4: one diversion; the topmost is the most recent. */
export interface Diversion {
  /** Who diverted, with all parameters as they came. */
  readonly address: NameAddr;
  /** `unconditional`, `user-busy`, `no-answer`, `unavailable`, ... in lower case; others' words are kept. */
  readonly reason?: string;
  /** How many diversions it stands for; absent means 1. */
  readonly counter?: number;
  /** `full`, `name`, `uri` or `off`, in lower case. */
  readonly privacy?: string;
}

/** The diversions so far, most recent first. One that cannot be read is left out: history is a hint, no reason for a 400. */
export function readDiversions(message: SipMessage): Diversion[] {
  return message.headers
    .values("Diversion")
    .map(parseDiversion)
    .filter((diversion) => diversion !== undefined);
}

/** diversion-params = name-addr *( ";" param ); some write the address without brackets. */
export function parseDiversion(text: string): Diversion | undefined {
  const address = parseNameAddr(text);
  if (address === undefined) return undefined;
  const reason = address.parameters.get("reason")?.toLowerCase();
  const counter = parseNumber(address.parameters.get("counter") ?? "", 9999);
  const privacy = address.parameters.get("privacy")?.toLowerCase();
  return {
    address,
    ...(reason === undefined ? undefined : { reason }),
    ...(counter === undefined ? undefined : { counter }),
    ...(privacy === undefined ? undefined : { privacy }),
  };
}

/** What `address.parameters` holds of reason, counter and privacy gives way to the fields beside it. */
export function serializeDiversion(diversion: Diversion): string {
  const parameters = new Map(diversion.address.parameters);
  if (diversion.reason !== undefined) parameters.set("reason", diversion.reason);
  if (diversion.counter !== undefined) parameters.set("counter", String(diversion.counter));
  if (diversion.privacy !== undefined) parameters.set("privacy", diversion.privacy);
  return serializeNameAddr({ ...diversion.address, parameters });
}
