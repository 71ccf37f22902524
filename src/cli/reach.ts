/**
 * How commands reach Divert: over HTTP where a server runs, else through the very same API in this process, on the data
 * folder. So a command has one way to do its work, and every check of the API holds for it.
 */
import { resolve } from "node:path";
import { readServerFile } from "../http/server-file.ts";
import { Api, type Exchange } from "./api.ts";
import { Failure, type Terminal } from "./command.ts";

export interface Reach {
  readonly data?: string | undefined;
  readonly server?: string | undefined;
  readonly token?: string | undefined;
}

/** Opens the way for one command; the caller closes it. `mayCreate`: an empty data folder is made rather than refused. */
export async function openApi(reach: Reach, terminal: Terminal, mayCreate = false): Promise<Api> {
  const token = reach.token ?? terminal.environment["DIVERT_TOKEN"];
  if (reach.server !== undefined) return new Api(overHttp(reach.server, token));
  const dataFolder = dataFolderOf(reach, terminal);
  const server = await readServerFile(dataFolder);
  if (server && (await isAnswering(server.url))) return new Api(overHttp(server.url, token ?? server.secret));
  // The whole server's code is needed for that: where one runs, commands start the quicker without.
  const { openOffline } = await import("./offline.ts");
  return openOffline(dataFolder, mayCreate);
}

export function dataFolderOf(reach: Pick<Reach, "data">, terminal: Terminal): string {
  return resolve(reach.data ?? terminal.environment["DIVERT_DATA"] ?? "data");
}

/** Requests to a server that does not answer in this time have failed. */
const patienceMs = 30_000;

function overHttp(server: string, token: string | undefined): Exchange {
  const base = server.replace(/\/+$/, "");
  if (!URL.canParse(base) || !/^https?:/i.test(base)) throw new Failure(`"${server}" is no URL of a server.`);
  return async ({ method, target, headers, body }) => {
    try {
      const response = await fetch(base + target, {
        method,
        headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
        signal: AbortSignal.timeout(patienceMs),
        redirect: "error",
        ...(body === undefined ? {} : { body }),
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      throw new Failure(`The server at ${base} does not answer: ${reasonOf(error)}.`, { cause: error });
    }
  };
}

/** A file left behind by a server that was killed leads nowhere. */
async function isAnswering(url: string): Promise<boolean> {
  try {
    await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(patienceMs) });
    return true;
  } catch (error) {
    if (codeOf(error) === "ECONNREFUSED") return false;
    throw new Failure(`The server of this data folder, at ${url}, does not answer: ${reasonOf(error)}.`, {
      cause: error,
    });
  }
}

function codeOf(error: unknown): unknown {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause ? cause.code : undefined;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== "" ? error.cause.message : error.message;
}
