import type { AuthenticationFailure } from "../auth/digest-client.ts";
import type { SipResponse } from "../message/message.ts";
import { readRetryAfter } from "../message/durations.ts";

/** Why a line is not, or no longer, registered. The codes are stable: programs rely on them. */
export type RegistrationFailureCode =
  /** The registrar says no (4xx, 6xx). */
  | "refused"
  /** It did not take our answer to its challenge. */
  | "wrong-credentials"
  | "unknown-realm"
  | "no-known-algorithm"
  /** The challenge came from an address that is none of the registrar's. */
  | "foreign-challenge"
  /** It redirects to a host that is not accepted, or in circles. */
  | "foreign-redirect"
  /** It accepted, but for no time at all. */
  | "not-bound"
  /** It failed itself (5xx, but 503). */
  | "failed"
  /** 503: it is too busy or down for maintenance. */
  | "unavailable"
  | "timeout"
  | "unreachable"
  /** It was registered; a query found the binding gone. */
  | "binding-lost";

export interface RegistrationFailure {
  readonly code: RegistrationFailureCode;
  readonly status?: number;
  /** For people: the reason phrase, or what the transport said. */
  readonly detail?: string;
  /** What the registrar asked for, bounded. */
  readonly retryAfterMs?: number;
}

/** Whether it is the registrar that is down, rather than this account that is refused. */
export function isRegistrarDown(failure: RegistrationFailure): boolean {
  return failure.code === "timeout" || failure.code === "unreachable" || failure.code === "unavailable";
}

/** A registrar that asks to be left alone for a year gets half an hour. */
const longestRetryAfterMs = 1_800_000;

export function failureOfResponse(
  code: RegistrationFailureCode,
  response: SipResponse,
  detail = response.reason,
): RegistrationFailure {
  const retryAfter = readRetryAfter(response);
  const failure = { code, status: response.status, detail };
  return retryAfter === undefined
    ? failure
    : { ...failure, retryAfterMs: Math.min(retryAfter * 1000, longestRetryAfterMs) };
}

const authenticationFailures = {
  rejected: "wrong-credentials",
  "unknown-realm": "unknown-realm",
  "no-known-algorithm": "no-known-algorithm",
  "no-challenge": "refused",
} as const satisfies Record<AuthenticationFailure, RegistrationFailureCode>;

export function failureOfAuthentication(
  failure: AuthenticationFailure,
  response: SipResponse,
): RegistrationFailure {
  return failureOfResponse(authenticationFailures[failure], response);
}
