export interface TransactionLimits {
  /** Server transactions at most; above it every new request is answered 503 and forgotten. */
  readonly serverTransactions: number;
  /** Above this many only trusted sources get a new one, so that a flood of strangers leaves room for the PBX. */
  readonly strangerTransactions: number;
  /** What Retry-After says in such a 503. */
  readonly retryAfterSeconds: number;
}

/**
 * A refused INVITE whose ACK never comes is held for 32 s, at some 3 kB: 20,000 is what a flood of 600 a second fills. A
 * PBX that acknowledges leaves 5 s worth, at some 2 kB: 250,000 stand for 45,000 calls a second, and half a gigabyte.
 */
export const transactionLimits: TransactionLimits = {
  serverTransactions: 250_000,
  strangerTransactions: 20_000,
  retryAfterSeconds: 5,
};
