import type { SipRequest } from "../sip/user-agent.ts";

/**
 * Phones that give up when they are offered an algorithm that they do not know, though RFC 8760 §2.4 has them pass it
 * over, by the beginning of their User-Agent. They are offered MD5 alone.
 */
const simple: readonly RegExp[] = [
  // 1.0.0, as Debian 12 has it: "Register: Function not implemented", whatever the order.
  /^baresip v[01]\./,
];

export function knowsMd5Alone(request: SipRequest): boolean {
  const userAgent = request.headers.get("User-Agent");
  return userAgent !== undefined && simple.some((name) => name.test(userAgent));
}
