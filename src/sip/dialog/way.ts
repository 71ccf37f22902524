import type { SendOptions } from "../transaction/request-sender.ts";
import type { Flow } from "../transport/transport.ts";

/** By which flow the other end of a call is reached. */
export type Way = PreferredWay | OwnWay;

/** Taken as long as it is open; else the dialog says where the other end is (RFC 3261 §12.2.1.1). */
export interface PreferredWay {
  readonly isOnly: false;
  readonly flow: Flow;
}

/**
 * The end is reached by a flow of its own or not at all: what it writes into Contact and Record-Route stands in our
 * requests and leads nowhere.
 */
export interface OwnWay {
  readonly isOnly: true;
  /** Asked for anew each time: the end may have moved. A closed one: it cannot be reached now. */
  readonly flow: Flow;
  /** Whether a request of that end may have come by this flow; if so, it may be there from now on. */
  admits(flow: Flow): boolean;
}

/** Back along the connection by which a request came; a datagram's sender is where its Contact says. */
export function wayBack(flow: Flow): PreferredWay | undefined {
  return flow.isReliable ? { isOnly: false, flow } : undefined;
}

/** How a request is sent that way. */
export function sendingBy(way: Way | undefined): Pick<SendOptions, "preferredFlow" | "onlyFlow"> {
  if (way === undefined) return {};
  return way.isOnly ? { onlyFlow: way.flow } : { preferredFlow: way.flow };
}
