import type { Clock } from "../../base/clock.ts";
import type { RandomSource } from "../../base/random.ts";
import type { SipUri } from "../message/uri.ts";
import type { RequestOutcome, RequestSender } from "../transaction/request-sender.ts";
import type { ContactAddress } from "./contact-address.ts";

/** The path by which a request goes or a response came. */
export type RegistrarFlow = Extract<RequestOutcome, { kind: "response" }>["flow"];

/** What all accounts at one registrar share: where it is and what it is asked for, and the ports that reach it. */
export interface Registrar {
  /** RFC 3261 §10.2: the Request-URI, which names the domain of the location service and has no user part. */
  readonly uri: SipUri;
  /** The registrar's own host, where that is not the Request-URI. A redirection leads away from it. */
  readonly nextHop?: SipUri;
  /** By which everything goes, redirected or not. */
  readonly proxy?: SipUri;
  /** RFC 3261 §8.1.2: the Route, where the next hop wants to be named in one. */
  readonly route?: string;
  /** How long a binding shall live. */
  readonly expiresInSeconds: number;
  /** For the User-Agent header; absent: none is sent. */
  readonly userAgent?: string;

  readonly sender: RequestSender;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Where we can be reached from the other end of that path, as far as is known by now. */
  readonly contactAddress: (flow: RegistrarFlow) => ContactAddress;
  /** Whether a response came from the registrar's own addresses: no other one gets an answer to its challenge. */
  readonly isAcceptedSource: (flow: RegistrarFlow) => boolean;
  /** Whether a redirection may lead there. */
  readonly isAcceptedHost: (uri: SipUri) => boolean;
  /** A REGISTER leaves: counts against the rate. */
  readonly sent: () => void;
  /** The registrar is there: it gave a final response, whatever it says. */
  readonly answered: (flow: RegistrarFlow) => void;
}
