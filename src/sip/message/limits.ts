/** What a peer may make a message grow to. Both parsers hold to these; what is above is refused, never stored. */
export interface MessageLimits {
  /** Octets of start line and header fields together, the empty line included. */
  readonly headBytes: number;
  /** Octets of the body as Content-Length declares them. */
  readonly bodyBytes: number;
  /** Header fields (lines, after unfolding). */
  readonly headerFields: number;
}

/**
 * A datagram cannot be longer than 64 kB, so no head that came by UDP is refused for its length alone, and a stream gets
 * the same. A body is SDP, a dialog-info document or a picture of a caller: 256 kB is ten times what was seen. A thousand
 * fields is twenty times what a proxy chain makes of an INVITE.
 */
export const messageLimits: MessageLimits = {
  headBytes: 65_536,
  bodyBytes: 262_144,
  headerFields: 1024,
};
