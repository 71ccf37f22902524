import { sipUriEquals } from "../message/uri.ts";
import type { SipUri } from "../message/uri.ts";
import type { Flow } from "../transport/transport.ts";

/** RFC 3261 §10.3: one address at which an address-of-record is reached. */
export interface Binding {
  /** The Contact's URI as it was written. */
  readonly contact: string;
  readonly uri: SipUri;
  readonly callId: string;
  readonly cseq: number;
  /** On the clock that never jumps, in milliseconds. */
  readonly expiresAt: number;
  /** Preference from 0 to 1. */
  readonly q: number;
  /** By which the REGISTER came. */
  readonly flow: Flow;
  /** RFC 5626 §6: the phone was told that it is reached by that flow. */
  readonly isOutbound: boolean;
  /** RFC 5626 §4.1: the device, the same over restarts and addresses. */
  readonly instanceId?: string;
  /** RFC 5626 §4.2: which of the device's flows. */
  readonly regId?: number;
  readonly userAgent?: string;
}

/** RFC 5626 §6: the same flow of the same device, wherever it now is; RFC 3261 §10.3: else the same URI. */
export function isSameBinding(
  known: Binding,
  other: Pick<Binding, "uri"> & Partial<Pick<Binding, "instanceId" | "regId">>,
): boolean {
  if (other.regId !== undefined && known.regId !== undefined)
    return known.instanceId === other.instanceId && known.regId === other.regId;
  return sipUriEquals(known.uri, other.uri);
}

/** RFC 3261 §10: where the bindings are kept. */
export interface LocationService {
  /** Those that have not expired, the latest first. */
  bindingsOf(addressOfRecord: string): readonly Binding[];
  /** Replaces all of them. */
  keep(addressOfRecord: string, bindings: readonly Binding[]): void;
}
