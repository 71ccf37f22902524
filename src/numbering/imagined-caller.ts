import type { Identity } from "./caller-identity.ts";

/** `"Anna" <sip:101@host;user=phone>`: what stands within the angle brackets. */
const bracketedForm = /<([^<>]*)>/;
/** Scheme, user (with a password perhaps), host; parameters, port and headers are left aside. */
const uriForm = /^(?:sips?:|tel:)?(?:([^@:;?]*)(?::[^@]*)?@)?(\[[^\]]*\]|[^:;?]*)/i;

/**
 * A caller as someone who asks "what happens if" writes it: a number, `user@host`, a SIP or tel URI, `anonymous`,
 * or nothing. Without a host the PBX's own is meant. Any text gives an identity, perhaps an unreadable one.
 */
export function imagineCaller(text: string, isPbxHost: (host: string) => boolean): Identity {
  const uri = (bracketedForm.exec(text)?.[1] ?? text).trim();
  const [, user, rest = ""] = uriForm.exec(uri) ?? [];
  if (user === undefined) return { header: "From", user: unescape(rest), host: "", atPbx: true };
  const host = rest.toLowerCase();
  return { header: "From", user: unescape(user), host, atPbx: isPbxHost(host) };
}

function unescape(user: string): string {
  try {
    return decodeURIComponent(user);
  } catch {
    // A stray % is left as it is: the caller is then hardly readable, and no fault of the one who asks.
    return user;
  }
}
