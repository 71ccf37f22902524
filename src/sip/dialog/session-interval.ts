/**
 * How long a call may go without a sign of life, as its two ends agree on it across an element that joins two dialogs
 * and passes their refreshes on (RFC 4028). That element does as a proxy does (§8): it may ask for an interval and must
 * not shorten one; the ends refresh.
 */
import type { SipRequest, SipResponse } from "../message/message.ts";
import {
  readMinSe,
  readSessionExpires,
  type Refresher,
  serializeSessionExpires,
} from "../message/session-expires.ts";
import type { HeaderFields } from "../transaction/transaction-user.ts";

/** RFC 4028 §5: no interval is shorter, in seconds. */
export const leastInterval = 90;
/** RFC 4028 §4: what is recommended. */
const usualInterval = 1800;
/** A call that nobody hears of for longer than this is over, whatever its ends agreed on: longest timer, in seconds. */
const longestInterval = 86_400;

/** What the caller's side offers to the other. */
export interface IntervalOffer {
  readonly seconds: number;
  readonly refresher?: Refresher;
  readonly minSe?: number;
  /** The caller can refresh. */
  readonly callerRefreshes: boolean;
}

/** What an INVITE or UPDATE asks for. `tooBrief`: to be answered 422 with `headers`. */
export type IntervalRequest =
  | { readonly verdict: "none" }
  | { readonly verdict: "offer"; readonly offer: IntervalOffer }
  | { readonly verdict: "tooBrief"; readonly status: 422; readonly headers: HeaderFields };

/** Judges an INVITE or UPDATE that is to be passed on. */
export function readIntervalRequest(request: SipRequest): IntervalRequest {
  const asked = readSessionExpires(request);
  const callerRefreshes = supportsTimer(request);
  if (asked === undefined && !callerRefreshes) return { verdict: "none" };
  const minSe = readMinSe(request);
  if (asked !== undefined && asked.seconds < leastInterval && callerRefreshes) {
    // RFC 4028 §8.1: only who understands it can ask again.
    return { verdict: "tooBrief", status: 422, headers: [["Min-SE", String(leastInterval)]] };
  }
  // RFC 4028 §8.1: for a caller that would not understand a 422 the interval is raised on the way.
  const least = Math.max(minSe ?? 0, leastInterval);
  return {
    verdict: "offer",
    offer: {
      seconds: Math.max(asked?.seconds ?? usualInterval, least),
      ...(asked?.refresher !== undefined && { refresher: asked.refresher }),
      ...(minSe !== undefined && { minSe: least }),
      callerRefreshes,
    },
  };
}

/** The headers of the offer in the request that is passed on, in place of those that came. */
export function offerHeaders({ seconds, refresher, minSe, callerRefreshes }: IntervalOffer): HeaderFields {
  const interval = serializeSessionExpires({ seconds, ...(refresher !== undefined && { refresher }) });
  return [
    ["Session-Expires", interval],
    ...(callerRefreshes ? [["Supported", "timer"] as const] : []),
    ...(minSe === undefined ? [] : [["Min-SE", String(minSe)] as const]),
  ];
}

/** What came of an offer. */
export interface IntervalAgreement {
  /** In seconds; undefined: the call goes on without. */
  readonly interval: number | undefined;
  /** What the 2xx says of it to the caller, in place of what came. */
  readonly headers: HeaderFields;
}

/** Reads the 2xx to a request that bore the offer. */
export function agreeOnInterval(offer: IntervalOffer | undefined, success: SipResponse): IntervalAgreement {
  const agreed = readSessionExpires(success);
  if (agreed !== undefined) {
    const refresher = agreed.refresher ?? (offer?.callerRefreshes === true ? "uac" : "uas");
    return agreement(agreed.seconds, refresher);
  }
  // RFC 4028 §8.2: the other end does not know of it: then the caller refreshes, if it can.
  return offer?.callerRefreshes === true ? agreement(offer.seconds, "uac") : none;
}

const none: IntervalAgreement = { interval: undefined, headers: [] };

function agreement(seconds: number, refresher: Refresher): IntervalAgreement {
  return {
    interval: Math.min(Math.max(seconds, leastInterval), longestInterval),
    headers: [
      ["Session-Expires", serializeSessionExpires({ seconds, refresher })],
      // RFC 4028 §8.2, §9: a caller that is to refresh must know so.
      ...(refresher === "uac" ? [["Require", "timer"] as const] : []),
    ],
  };
}

function supportsTimer(request: SipRequest): boolean {
  return ["Supported", "Require"].some((header) =>
    request.headers.values(header).some((tag) => tag.toLowerCase() === "timer"),
  );
}
