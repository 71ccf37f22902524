import type { TransportError } from "./transport.ts";

const reasons: ReadonlyMap<unknown, TransportError["reason"]> = new Map([
  ["ECONNREFUSED", "refused"],
  ["EHOSTUNREACH", "unreachable"],
  ["ENETUNREACH", "unreachable"],
  ["EHOSTDOWN", "unreachable"],
  ["ENETDOWN", "unreachable"],
  ["ETIMEDOUT", "unreachable"],
  ["EADDRNOTAVAIL", "unreachable"],
  ["ECONNRESET", "closed"],
  ["EPIPE", "closed"],
  ["ECANCELED", "closed"],
  ["ERR_STREAM_DESTROYED", "closed"],
  ["ERR_STREAM_WRITE_AFTER_END", "closed"],
  ["ERR_SOCKET_CLOSED", "closed"],
  ["ERR_SOCKET_CLOSED_BEFORE_CONNECTION", "closed"],
  ["ERR_SOCKET_DGRAM_NOT_RUNNING", "closed"],
  ["EMSGSIZE", "too-large"],
  ["ENOBUFS", "overflow"],
]);

/** What the system says of a socket, in the transport's words. */
export function transportErrorOf(error: Error): TransportError {
  return { reason: reasons.get(codeOf(error)) ?? "failed", detail: error.message };
}

const listenSentences: ReadonlyMap<unknown, string> = new Map([
  ["EADDRINUSE", "another program already uses this port"],
  ["EADDRNOTAVAIL", "this machine has no such address"],
  ["EACCES", "the system does not permit this port; ports below 1024 need the right to bind them"],
  ["EAFNOSUPPORT", "this machine has no IPv6"],
  ["EMFILE", "the process may not open more files; raise its limit"],
]);

/** Why a listening point could not be opened, as the rest of a sentence. */
export function listenFailureOf(error: unknown): string {
  return listenSentences.get(codeOf(error)) ?? (error instanceof Error ? error.message : String(error));
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
