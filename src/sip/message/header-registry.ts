/** How a header's fields are read. */
type HeaderForm =
  /** Comma-separated; several fields are one list (RFC 3261 §7.3.1). */
  | "list"
  /** One field; of several the first counts. */
  | "single"
  /** Several fields that must not be joined: their commas belong to the value (RFC 3261 §7.3.1). */
  | "fields";

export interface HeaderRow {
  /** The long name as it is written. */
  readonly name: string;
  readonly compact?: string;
  readonly form: HeaderForm;
  /** Not 0 for those of which a second one makes a message malformed (RFC 4475 §3.3.8, §3.3.9): a bit of its own. */
  readonly onceBit: number;
}

const rows: HeaderRow[] = [];
const rowsBySpelling = new Map<string, HeaderRow>();

function header(name: string, form: HeaderForm, options: { compact?: string; once?: boolean } = {}): void {
  const onceBit = options.once === true ? 1 << rows.filter((row) => row.onceBit !== 0).length : 0;
  const row: HeaderRow =
    options.compact === undefined
      ? { name, form, onceBit }
      : { name, form, onceBit, compact: options.compact };
  rows.push(row);
  const spellings = [name, name.toLowerCase()];
  if (options.compact !== undefined) spellings.push(options.compact, options.compact.toUpperCase());
  for (const spelling of spellings) rowsBySpelling.set(spelling, row);
}

// RFC 3261 §20, and the compact forms of the IANA registry.
header("Via", "list", { compact: "v" });
header("From", "single", { compact: "f", once: true });
header("To", "single", { compact: "t", once: true });
header("Call-ID", "single", { compact: "i", once: true });
header("CSeq", "single", { once: true });
header("Max-Forwards", "single", { once: true });
header("Content-Length", "single", { compact: "l", once: true });
header("Contact", "list", { compact: "m" });
header("Route", "list");
header("Record-Route", "list");
header("Content-Type", "single", { compact: "c" });
header("Content-Encoding", "list", { compact: "e" });
header("Content-Disposition", "single");
header("Content-Language", "list");
header("Accept", "list");
header("Accept-Encoding", "list");
header("Accept-Language", "list");
header("Alert-Info", "list");
header("Allow", "list");
header("Authentication-Info", "fields");
header("Authorization", "fields");
header("Proxy-Authenticate", "fields");
header("Proxy-Authorization", "fields");
header("WWW-Authenticate", "fields");
header("Call-Info", "list");
header("Date", "single");
header("Error-Info", "list");
header("Expires", "single");
header("In-Reply-To", "list");
header("MIME-Version", "single");
header("Min-Expires", "single");
header("Organization", "single");
header("Priority", "single");
header("Proxy-Require", "list");
header("Reply-To", "single");
header("Require", "list");
header("Retry-After", "single");
header("Server", "single");
header("Subject", "single", { compact: "s" });
header("Supported", "list", { compact: "k" });
header("Timestamp", "single");
header("Unsupported", "list");
header("User-Agent", "single");
header("Warning", "list");
// RFC 3262, 6665, 3903, 3515, 3891, 3911, 3892, 4028, 3841, 3840
header("RAck", "single");
header("RSeq", "single");
header("Event", "single", { compact: "o" });
header("Allow-Events", "list", { compact: "u" });
header("Subscription-State", "single");
header("SIP-ETag", "single");
header("SIP-If-Match", "single");
header("Refer-To", "single", { compact: "r" });
header("Refer-Sub", "single");
header("Referred-By", "single", { compact: "b" });
header("Replaces", "single");
header("Join", "single");
header("Target-Dialog", "single");
header("Session-Expires", "single", { compact: "x" });
header("Min-SE", "single");
header("Accept-Contact", "list", { compact: "a" });
header("Reject-Contact", "list", { compact: "j" });
header("Request-Disposition", "list", { compact: "d" });
// RFC 3325, 3323, 3326, 5806, 7044, 3327, 3608, 3455, 8224, 5626
header("P-Asserted-Identity", "list");
header("P-Preferred-Identity", "list");
header("Remote-Party-ID", "list");
header("Privacy", "single");
header("Reason", "list");
header("Diversion", "list");
header("History-Info", "list");
header("Path", "list");
header("Service-Route", "list");
header("P-Associated-URI", "list");
header("P-Called-Party-ID", "single");
header("P-Charging-Vector", "single");
header("P-Access-Network-Info", "list");
header("Identity", "list", { compact: "y" });
header("Flow-Timer", "single");
header("Answer-Mode", "single");
header("Geolocation", "list");
header("Recv-Info", "list");
header("Info-Package", "single");

/** Every header that is known by name. */
export const headerRows: readonly HeaderRow[] = rows;

/**
 * The row for a name in any spelling, compact form included; undefined for a name that is not known.
 * RFC 3261 §7.3.1, §7.3.3: names are case-insensitive and a compact form means the same.
 */
export function findHeaderRow(name: string): HeaderRow | undefined {
  return rowsBySpelling.get(name) ?? rowsBySpelling.get(name.toLowerCase());
}
