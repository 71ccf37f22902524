/**
 * How single values stand in a configuration file. Every scalar comes as the text that was written, so that `08151`
 * keeps its zero and `+4989…` its plus; what it means is said here.
 */
import { isIP } from "node:net";
import { z } from "zod";

/** A text of one line. */
export const text = (longest = 255) =>
  z
    .string("must be a text")
    .min(1, "must not be empty")
    .max(longest, `must have ${longest} characters at the most`)
    .regex(/^\P{Cc}*$/u, "must not have control characters");

/** May be empty: what is empty is told from what is absent. */
export const numbering = z.string("must be a text").max(32, "must have 32 characters at the most");

/** Names a thing in the file, in the API's paths and in logs. */
export const id = text(64).regex(
  /^[\p{L}\p{N}._@+*#-]+$/u,
  "must be made of letters, digits and . _ @ + * # - alone",
);

/** Stands in the user part of SIP URIs. */
export const sipUser = text(128).regex(/^[^\s"<>]+$/, "must not have spaces, quotes or angle brackets");

/** `yes` and `no` as people write them, `true` and `false` as programs do. */
export const truth = z
  .enum(["yes", "no", "true", "false"], "must be yes or no")
  .transform((value) => value === "yes" || value === "true");

export const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values, `must be ${listed(values)}`);

const truthAsWord = z.enum(["true", "false"]).transform((value) => (value === "true" ? "yes" : "no"));

export const yesNoOr = <const Other extends string>(other: Other) =>
  z
    .union([oneOf(["yes", "no"]), truthAsWord, z.literal(other)], `must be yes, no or ${other}`)
    .transform((value): "yes" | "no" | Other => value);

/** A whole number in these bounds. */
export const whole = (least: number, most: number) => {
  const told = `must be a whole number from ${least} to ${most}`;
  return z
    .string(told)
    .regex(/^\d{1,9}$/, told)
    .transform(Number)
    .refine((value) => value >= least && value <= most, told);
};

const sipUriTold = "must be a SIP URI such as sip:pbx.example:5060;transport=udp";
const sipUriForm =
  /^sips?:(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::(\d{1,5}))?((?:;[a-z0-9._!~*'+%-]+(?:=[a-z0-9._!~*'+%-]+)?)*)$/i;

/** A server's SIP URI: no user, no headers. */
export const serverUri = text().refine((value) => {
  const match = sipUriForm.exec(value);
  if (match === null) return false;
  const port = match[1] === undefined ? 5060 : Number(match[1]);
  const transport = /;transport=([^;]*)/i.exec(match[2] ?? "")?.[1]?.toLowerCase() ?? "udp";
  return port >= 1 && port <= 65_535 && ["udp", "tcp", "tls", "ws", "wss"].includes(transport);
}, sipUriTold);

export const hostName = text().regex(
  /^(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?)$/i,
  "must be a host name or an address",
);

/** An address, or a network as `10.0.0.0/8`. */
export const network = text().refine((value) => {
  const [address = "", prefix, ...rest] = value.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}, "must be an address or a network such as 10.0.0.0/8");

/** `one, two or three` */
export function listed(values: readonly string[]): string {
  const last = values.at(-1) ?? "";
  return values.length < 2 ? last : `${values.slice(0, -1).join(", ")} or ${last}`;
}
