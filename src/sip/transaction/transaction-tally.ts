/** What has happened since the start, for the metrics. */
export interface TransactionTally {
  /** Copies of requests and responses that came again. */
  repeatsReceived: number;
  /** Copies that we sent, driven by timers or by such copies. */
  repeatsSent: number;
  /** Transactions that ended by timer B, F or H. */
  timeouts: number;
  transportErrors: number;
  /** Events that no arrow was drawn for. */
  ignoredEvents: number;
  /** Requests answered 482. */
  merged: number;
  /** Requests answered 503 for want of room. */
  overloaded: number;
  /** Responses that no transaction waited for. */
  strayResponses: number;
  /** ACKs that belong to no transaction, those to a 2xx among them. */
  unmatchedAcks: number;
  unmatchedCancels: number;
  /** Exceptions of the layers above, caught and logged. */
  bugs: number;
}

/** The tally, and how many transactions there are now. */
export interface TransactionCounts extends Readonly<TransactionTally> {
  readonly inviteServer: number;
  readonly nonInviteServer: number;
  readonly inviteClient: number;
  readonly nonInviteClient: number;
}

export function newTally(): TransactionTally {
  return {
    repeatsReceived: 0,
    repeatsSent: 0,
    timeouts: 0,
    transportErrors: 0,
    ignoredEvents: 0,
    merged: 0,
    overloaded: 0,
    strayResponses: 0,
    unmatchedAcks: 0,
    unmatchedCancels: 0,
    bugs: 0,
  };
}
