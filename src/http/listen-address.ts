/** Where the API listens, and to whom it may be open there. */
import { BlockList, isIP } from "node:net";
import { Refusal } from "../base/refusal.ts";
import { type Result, fail, succeed } from "../base/result.ts";

export interface ListenAddress {
  /** A name, or an IP address without brackets. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** Reads `HOST:PORT`, `[IPv6]:PORT`, `:PORT` (loopback) or `PORT` (loopback). */
export function parseListenAddress(text: string): Result<ListenAddress, string> {
  const match = /^(?:(?<name>[^\s:[\]/]*):|\[(?<ipv6>[0-9a-fA-F:.]+)\]:)?(?<port>\d{1,5})$/.exec(text.trim());
  const port = Number(match?.groups?.["port"]);
  const host = match?.groups?.["name"] ?? match?.groups?.["ipv6"] ?? "";
  if (!match || port > 65_535) return fail(`"${text}" is no HOST:PORT, for instance 127.0.0.1:8080.`);
  return succeed({ host: host === "" ? "127.0.0.1" : host, port });
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether an IP address (IPv4 in IPv6 too) or the name `localhost` is of this machine alone. */
export function isLoopback(host: string): boolean {
  const address = host.toLowerCase().replace(/^::ffff:(?=\d)/, "");
  if (address === "localhost" || address.endsWith(".localhost")) return true;
  const family = isIP(address);
  return family !== 0 && loopback.check(address, family === 4 ? "ipv4" : "ipv6");
}

/** Undefined, or why Divert does not listen there: without users and tokens whoever reaches it would be administrator. */
export function refuseOpenListening(address: ListenAddress, hasAccounts: boolean): Refusal | undefined {
  if (hasAccounts || isLoopback(address.host)) return undefined;
  return new Refusal(
    "forbidden",
    `The API would be open to everybody on ${address.host}: the configuration names no user and no token. ` +
      "Name one and start with --apply FILE, or listen on 127.0.0.1.",
  );
}

/** The URL at which a process of this machine reaches a server that listens there. */
export function localUrl(address: ListenAddress): string {
  const host = address.host === "0.0.0.0" ? "127.0.0.1" : address.host === "::" ? "::1" : address.host;
  return `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`;
}
