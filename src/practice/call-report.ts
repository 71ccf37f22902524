/** What a call through the practice PBX did, told when it is answered or has failed. */
export interface CallReport {
  readonly id: string;
  /** Extension or number, `anonymous` where none was given. */
  readonly caller: string;
  readonly origin: "inside" | "outside";
  readonly dialled: string;
  /** Where it was sent on, in order. */
  readonly path: readonly CallStep[];
  readonly outcome: CallOutcome;
}

export interface CallStep {
  /** `302`: the line asked for it. `PBX`: the PBX's own forwarding. */
  readonly by: "302" | "PBX";
  readonly extension: string;
  readonly target: string;
}

export type CallOutcome =
  | { readonly kind: "answered"; readonly by: string }
  | { readonly kind: "cancelled"; readonly while: string }
  | {
      readonly kind: "refused";
      /** Who was to be reached. */
      readonly at: string;
      readonly status: number;
      readonly cause: RefusalCause;
    };

export type RefusalCause =
  /** Whoever was called refused. */
  | "callee"
  /** In a call, and the PBX offers the line no second one. */
  | "busyAtPbx"
  | "notRegistered"
  | "noSuchNumber"
  /** The line asked for another target, and the PBX does not follow. */
  | "redirectNotFollowed"
  | "targetUnusable"
  | "tooManyDiversions"
  | "notAnswered"
  | "unreachable";
