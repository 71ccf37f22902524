/** RFC 5922: for which SIP domains a certificate speaks. */
import { isIP } from "node:net";
import { checkServerIdentity } from "node:tls";
import type { PeerCertificate } from "node:tls";

/** One entry of subjectAltName as Node writes the list: `DNS:a.example, URI:sip:a.example, IP Address:192.0.2.1`. */
const entryForm = /(?:^|, )([A-Za-z ]+):(?:"((?:[^"\\]|\\.)*)"|([^,]*))/g;

/** Of what Node tells of a certificate, where there is one. */
interface NamedCertificate {
  readonly subjectaltname?: string | undefined;
  readonly subject?: { readonly CN?: unknown };
}

/**
 * RFC 5922 §7.1: URIs with the scheme sip and no user name domains; where there is none, DNS names do; the subject's
 * common name counts only in a certificate without subjectAltName.
 */
export function sipIdentities({ subjectaltname, subject }: NamedCertificate): string[] {
  if (subjectaltname === undefined) {
    const name = subject?.CN;
    return typeof name === "string" ? [name.toLowerCase()] : [];
  }
  const uris: string[] = [];
  const names: string[] = [];
  for (const [, kind, quoted, plain] of subjectaltname.matchAll(entryForm)) {
    const value = (quoted ?? plain ?? "").toLowerCase();
    if (kind === "DNS") names.push(value);
    const host = kind === "URI" ? /^sip:([\w.-]+)$/.exec(value)?.[1] : undefined;
    if (host !== undefined) uris.push(host);
  }
  return uris.length > 0 ? uris : names;
}

/** Undefined when the certificate speaks for one of the names, which are domains or addresses; else the reason. */
export function findStranger(certificate: PeerCertificate, wanted: readonly string[]): Error | undefined {
  const identities = new Set(sipIdentities(certificate));
  for (const name of wanted) {
    const bare = name.replace(/^\[|\]$/g, "");
    // RFC 5922 knows domains alone. For an address it is as for any server: it must be named as an address.
    if (isIP(bare) !== 0 && checkServerIdentity(bare, certificate) === undefined) return undefined;
    // RFC 5922 §7.2: equal but for case; a wildcard stands for nothing.
    if (identities.has(name.toLowerCase())) return undefined;
  }
  const found = identities.size === 0 ? "no SIP domain" : [...identities].join(", ");
  return new Error(`the certificate is for ${found}, not for ${wanted.join(" or ")}`);
}
