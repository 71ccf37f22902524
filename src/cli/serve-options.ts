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
  /** For `${env:NAME}` in that file. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export const serveOptions = {
  data: { type: "string" },
  http: { type: "string" },
  sip: { type: "string", multiple: true },
  database: { type: "string" },
  apply: { type: "string" },
} as const;

export interface ServeValues {
  readonly data?: string | undefined;
  readonly http?: string | undefined;
  readonly sip?: readonly string[] | undefined;
  readonly database?: string | undefined;
  readonly apply?: string | undefined;
}

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
  return {
    dataFolder: resolve(values.data ?? environment["DIVERT_DATA"] ?? "data"),
    http: http.value,
    sip: values.sip ?? (sipOfEnvironment.length > 0 ? sipOfEnvironment : defaultSip),
    ...(databaseUrl === undefined || databaseUrl === "" ? {} : { databaseUrl }),
    ...(values.apply === undefined ? {} : { applyFile: resolve(values.apply) }),
    environment,
  };
}
