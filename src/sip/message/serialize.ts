import { Buffer } from "node:buffer";
import type { SipMessage } from "./message.ts";
import { safeHeadText } from "./text.ts";

/**
 * The octets of a message: the fields in their order, unknown ones included, names in their long form. Content-Length is
 * always there and right. A value cannot add a line: `Headers` takes none with a line break, and the start line is
 * cleaned here.
 */
export function serializeMessage(message: SipMessage): Buffer {
  const { body } = message;
  const head = startLine(message) + "\r\n" + message.headers.toWire(body.length) + "\r\n";
  if (body.length === 0) return Buffer.from(head, "latin1");
  const bytes = Buffer.allocUnsafe(head.length + body.length);
  bytes.write(head, 0, "latin1");
  body.copy(bytes, head.length);
  return bytes;
}

function startLine(message: SipMessage): string {
  if (message.kind === "response") return `SIP/2.0 ${message.status} ${safeHeadText(message.reason)}`;
  return `${safeHeadText(message.method)} ${safeHeadText(message.requestUri)} SIP/2.0`;
}
