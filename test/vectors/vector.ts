/** One message of a torture suite and what may become of it. */
export interface Vector {
  /** The suite's own name. */
  readonly name: string;
  /** Where the RFC speaks of it: `RFC 4475 §3.1.1.1`. */
  readonly section: string;
  readonly bytes: Buffer;
  readonly parser: ParserVerdict;
  /** Statuses that a server may answer with over UDP; none where silence is the only answer. */
  readonly answers: readonly number[];
  /** Whether no answer at all is right as well: always for responses, for a stranger's request by setting. */
  readonly maySayNothing: boolean;
  /** Over a stream, where that is not one message handed up. */
  readonly stream?: StreamVerdict;
}

export type ParserVerdict =
  /** Handed up as a request or a response. */
  | "request"
  | "response"
  /** Refused with this status, and answerable. */
  | 400
  | 505
  /** Refused without an answer. */
  | "drop";

export interface StreamVerdict {
  /** Messages handed up. */
  readonly messages: number;
  /** The stream cannot go on after it. */
  readonly closes: boolean;
  /** The parser waits for more. */
  readonly waits: boolean;
}

/** Refusals that any element may give to a stranger's well-formed request, and what a server does with a known one. */
export const wellFormed: readonly number[] = [
  100, 180, 181, 200, 202, 302, 401, 403, 404, 405, 406, 407, 415, 416, 420, 480, 481, 483, 486, 488, 501, 603,
];

/** Text as a message: its lines ended with CRLF, in UTF-8. It begins with the start line. */
export function wire(text: string): Buffer {
  return Buffer.from(text.replaceAll("\n", "\r\n"), "utf8");
}

/** The session description that most messages of the suites carry. */
export function sdp(origin: string, connection = origin, time = "0 0"): string {
  return `v=0
o=mhandley 29739 7272939 IN IP4 ${origin}
s=-
c=IN IP4 ${connection}
t=${time}
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC
`;
}
