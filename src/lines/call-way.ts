import type { HeaderFields, SipUri, Way } from "../sip/user-agent.ts";

/** How a call leaves by a line: in whose name, and where to. */
export interface CallWay {
  /** The line at its PBX, for From. */
  readonly addressOfRecord: string;
  /** Where requests go: the outbound proxy, or the registrar. */
  readonly nextHop: SipUri;
  /** RFC 3261 §8.1.2: the Route of a proxy that wants to be named. */
  readonly route: HeaderFields;
  /** The connection of the line's registration, over TCP and TLS: a PBX may take calls by that alone. */
  readonly connection?: Way;
}
