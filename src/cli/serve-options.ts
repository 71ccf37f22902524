/** What `divert serve` is told: by options, by the environment, or not at all. */
import { resolve } from "node:path";
import { type ListenAddress, parseListenAddress } from "../http/listen-address.ts";
import { WrongUsage } from "./command.ts";

export interface ServeOptions {
  /** Absolute. */
  readonly dataFolder: string;
  readonly http: ListenAddress;
  /** Listening points as URIs, `udp://0.0.0.0:5060`; read by sip/transport. */
  readonly sip: readonly string[];
  /** Absent: SQLite in the data folder. */
  readonly databaseUrl?: string;
  /** Configuration file to bring in before anything listens; absolute. */
  readonly applyFile?: string;
  /** How long calls that are up may go on when it stops; absent: five seconds. */
  readonly drainMs?: number;
  /** For `${env:NAME}` in that file. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export const serveOptions = {
  data: { type: "string" },
  http: { type: "string" },
  sip: { type: "string", multiple: true },
  database: { type: "string" },
  apply: { type: "string" },
  drain: { type: "string" },
} as const;

export interface ServeValues {
  readonly data?: string | undefined;
  readonly http?: string | undefined;
  readonly sip?: readonly string[] | undefined;
  readonly database?: string | undefined;
  readonly apply?: string | undefined;
  readonly drain?: string | undefined;
}

/** Nobody waits longer for a server to stop, in seconds. */
const longestDrain = 86_400;

const defaultSip = ["udp://0.0.0.0:5060", "tcp://0.0.0.0:5060"];

/** Options win over the environment, the environment over the defaults. */
export function readServeOptions(
  values: ServeValues,
  environment: ServeOptions["environment"],
): ServeOptions {
  const http = parseListenAddress(values.http ?? environment["DIVERT_HTTP"] ?? "127.0.0.1:8080");
  if (!http.ok) throw new WrongUsage(`--http ${http.failure}`);
  const databaseUrl = values.database ?? environment["DIVERT_DATABASE_URL"];
  const sipOfEnvironment = (environment["DIVERT_SIP"] ?? "").split(/[\s,]+/).filter((uri) => uri !== "");
  const drainMs = readDrain(values.drain ?? environment["DIVERT_DRAIN"]);
  return {
    dataFolder: resolve(values.data ?? environment["DIVERT_DATA"] ?? "data"),
    http: http.value,
    sip: values.sip ?? (sipOfEnvironment.length > 0 ? sipOfEnvironment : defaultSip),
    ...(databaseUrl === undefined || databaseUrl === "" ? {} : { databaseUrl }),
    ...(values.apply === undefined ? {} : { applyFile: resolve(values.apply) }),
    ...(drainMs === undefined ? {} : { drainMs }),
    environment,
  };
}

function readDrain(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= longestDrain) return seconds * 1000;
  throw new WrongUsage(`--drain is a number of seconds, ${longestDrain} at the most: ${text}`);
}
