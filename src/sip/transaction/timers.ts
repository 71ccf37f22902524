/** RFC 3261 §17.1.1.1: the estimated round trip, in milliseconds. */
export const T1 = 500;
/** RFC 3261 §17.1.2.2: the longest wait between two copies of a non-INVITE request or an INVITE response. */
export const T2 = 4_000;
/** RFC 3261 §17.1.2.2: how long a message stays in the network at most. */
export const T4 = 5_000;

/** How long a timer takes when it is first started, in milliseconds: 0 fires at once, an absent value never. */
export interface TimerRow {
  readonly unreliable?: number;
  readonly reliable?: number;
  readonly guards: string;
}

/**
 * RFC 3261 Appendix A, table 4, with L and M of RFC 6026 §7.1, and two waits that RFC 3261 leaves without a letter:
 * `100` (§17.2.1) and `CANCEL` (§9.1). C is a proxy's and not ours.
 */
export const timers = {
  "100": {
    unreliable: 200,
    reliable: 200,
    guards: "INVITE server: 100 Trying unless the user answers before",
  },
  A: { unreliable: T1, guards: "INVITE client: sends the request again, doubles" },
  B: { unreliable: 64 * T1, reliable: 64 * T1, guards: "INVITE client: no response at all" },
  D: {
    unreliable: 64 * T1,
    reliable: 0,
    guards: "INVITE client: answers copies of the final response with ACK",
  },
  E: { unreliable: T1, guards: "non-INVITE client: sends the request again, doubles up to T2" },
  F: { unreliable: 64 * T1, reliable: 64 * T1, guards: "non-INVITE client: no final response" },
  G: { unreliable: T1, guards: "INVITE server: sends the final response again, doubles up to T2" },
  H: { unreliable: 64 * T1, reliable: 64 * T1, guards: "INVITE server: no ACK" },
  I: { unreliable: T4, reliable: 0, guards: "INVITE server: takes in copies of the ACK" },
  J: { unreliable: 64 * T1, reliable: 0, guards: "non-INVITE server: answers copies of the request" },
  K: { unreliable: T4, reliable: 0, guards: "non-INVITE client: takes in copies of the response" },
  L: {
    unreliable: 64 * T1,
    reliable: 64 * T1,
    guards: "INVITE server: takes in copies of an accepted INVITE",
  },
  M: { unreliable: 64 * T1, reliable: 64 * T1, guards: "INVITE client: further 2xx, repeated or from forks" },
  CANCEL: {
    unreliable: 64 * T1,
    reliable: 64 * T1,
    guards: "INVITE client: no final response after a CANCEL",
  },
} as const satisfies Readonly<Record<string, TimerRow>>;

export type TimerLetter = keyof typeof timers;

/** The event that a timer raises. */
export type TimerEvent<Letter extends TimerLetter = TimerLetter> = `timer ${Letter}`;

/** The timers that a figure knows, by its events. */
export type TimerOf<Inputs> = {
  [Letter in TimerLetter]: TimerEvent<Letter> extends keyof Inputs ? Letter : never;
}[TimerLetter];

/** Milliseconds until the timer first fires over such a transport; undefined when it never does. */
export function firstDelayMs(letter: TimerLetter, isReliable: boolean): number | undefined {
  const row: TimerRow = timers[letter];
  return isReliable ? row.reliable : row.unreliable;
}
