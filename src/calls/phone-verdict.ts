/** What the phones of a line together have said to a call that none of them answered. */
import type { InviteFailure, SipResponse } from "../sip/user-agent.ts";

/** What one phone said: it cannot be reached, is busy, its user declined, sends the call elsewhere, or anything else. */
export type PhoneAnswer =
  | { readonly kind: "unreachable" }
  | { readonly kind: "busy" }
  | { readonly kind: "declined" }
  | { readonly kind: "redirected"; readonly response: SipResponse }
  | { readonly kind: "refused"; readonly response: SipResponse };

/** Phones with trouble of their own, or that want a password of us, are as good as away. */
const away = new Set([401, 403, 404, 407, 408, 410, 480, 481, 482, 483, 487]);

export function readPhoneAnswer(failure: InviteFailure): PhoneAnswer {
  if (failure.kind !== "refused") return { kind: "unreachable" };
  const { response } = failure;
  const { status } = response;
  if (status < 400) return { kind: "redirected", response };
  if (status === 486 || status === 600) return { kind: "busy" };
  if (status === 603 || status === 607) return { kind: "declined" };
  if (away.has(status) || (status >= 500 && status < 600)) return { kind: "unreachable" };
  return { kind: "refused", response };
}

/** RFC 3261 §16.7: which of all answers counts. One that was reached counts for more than one that was not. */
export function bestAnswer(answers: readonly PhoneAnswer[]): PhoneAnswer {
  const reached = answers.filter(({ kind }) => kind !== "unreachable");
  const other = reached.find(({ kind }) => kind !== "busy");
  return other ?? reached[0] ?? { kind: "unreachable" };
}
