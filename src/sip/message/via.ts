import { isIn, whitespace } from "./characters.ts";
import { Cursor } from "./cursor.ts";
import { readHost, readPort } from "./host-port.ts";
import { readParameters, serializeParameters } from "./parameters.ts";
import type { Parameters } from "./parameters.ts";

/** RFC 3261 §20.42: one hop's "answer to me here". */
export interface Via {
  /** `UDP`, `TCP`, `TLS`, `WS`, `WSS` or another's name, in upper case. */
  readonly protocol: string;
  /** sent-by, in lower case; an IPv6 address in brackets. */
  readonly host: string;
  readonly port?: number | undefined;
  readonly branch?: string | undefined;
  /** Where the request really came from, without brackets. */
  readonly received?: string | undefined;
  /** RFC 3581: a port once it is filled in, `requested` while it stands without a value. */
  readonly rport?: number | "requested" | undefined;
  /** All of them, those above included, names in lower case. `serializeVia` writes these. */
  readonly parameters: Parameters;
}

const slash = 0x2f;
const colon = 0x3a;
const comma = 0x2c;

/** One whole via-parm. Never throws. */
export function parseVia(text: string): Via | undefined {
  const cursor = new Cursor(text);
  const via = readVia(cursor);
  cursor.skipWhitespace();
  return cursor.isAtEnd ? via : undefined;
}

/** The topmost via-parm of a line that may hold more. */
export function parseFirstVia(field: string): Via | undefined {
  const cursor = new Cursor(field);
  const via = readVia(cursor);
  cursor.skipWhitespace();
  return cursor.isAtEnd || cursor.peek() === comma ? via : undefined;
}

/** via-parm = sent-protocol LWS sent-by *( SEMI via-params ) */
function readVia(cursor: Cursor): Via | undefined {
  const sentBy = readSentBy(cursor);
  if (sentBy === undefined) return undefined;
  const parameters = readParameters(cursor);
  return parameters === undefined ? undefined : makeVia(sentBy, parameters);
}

/**
 * Protocol and sent-by of a Via whose parameters cannot be read, or of another version of SIP: enough to send a 400 or
 * 505 where the request came from.
 */
export function salvageVia(field: string): Via | undefined {
  const sentBy = readSentBy(new Cursor(field), "any version");
  return sentBy === undefined ? undefined : makeVia(sentBy, new Map());
}

interface SentBy {
  readonly protocol: string;
  readonly host: string;
  readonly port: number | undefined;
}

/** sent-protocol = protocol-name SLASH protocol-version SLASH transport; then LWS sent-by = host [ COLON port ] */
function readSentBy(cursor: Cursor, versions: "2.0" | "any version" = "2.0"): SentBy | undefined {
  cursor.skipWhitespace();
  if (cursor.takeToken().toUpperCase() !== "SIP" || !cursor.takeSeparator(slash)) return undefined;
  const version = cursor.takeToken();
  if (versions === "2.0" && version !== "2.0") return undefined;
  if (!cursor.takeSeparator(slash)) return undefined;
  const protocol = cursor.takeToken().toUpperCase();
  if (protocol === "" || !isIn(cursor.peek(), whitespace)) return undefined;
  cursor.skipWhitespace();
  const host = readHost(cursor);
  if (host === undefined) return undefined;
  // COLON may have white space around; that before a semicolon is the parameters' own.
  if (!cursor.takeSeparator(colon)) return { protocol, host, port: undefined };
  const port = readPort(cursor);
  return port === undefined ? undefined : { protocol, host, port };
}

function makeVia({ protocol, host, port }: SentBy, parameters: Parameters): Via {
  const received = parameters.get("received");
  return {
    protocol,
    host,
    port,
    branch: parameters.get("branch"),
    received: received === undefined ? undefined : withoutBrackets(received),
    rport: parameters.has("rport") ? readRport(parameters.get("rport")) : undefined,
    parameters,
  };
}

/** RFC 3581 §3: `rport` alone asks for it; a value is a port. Another value is as good as none. */
function readRport(value: string | undefined): number | "requested" | undefined {
  if (value === undefined || value === "") return "requested";
  const port = readPort(new Cursor(value));
  return port === undefined || String(port) !== value ? undefined : port;
}

/** RFC 5118 §4.5: `received` comes with brackets from some and without from others. */
function withoutBrackets(address: string): string {
  return address.startsWith("[") && address.endsWith("]") ? address.slice(1, -1) : address;
}

/** SIP/2.0/UDP host:port;parameters */
export function serializeVia(via: Pick<Via, "protocol" | "host" | "port" | "parameters">): string {
  const port = via.port === undefined ? "" : `:${via.port}`;
  return `SIP/2.0/${via.protocol} ${via.host}${port}${serializeParameters(via.parameters)}`;
}
