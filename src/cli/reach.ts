/**
 * How commands reach Divert: over HTTP where a server runs, else through the very same API in this process, on the data
 * folder. So a command has one way to do its work, and every check of the API holds for it.
 */
import { resolve } from "node:path";
import { readServerFile } from "../http/server-file.ts";
import { Api, type ApiAnswer, type Exchange } from "./api.ts";
import { Failure, type Terminal, WrongUsage } from "./command.ts";

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
  if (!URL.canParse(base) || !/^https?:/i.test(base))
    throw new WrongUsage(`--server is a URL such as http://127.0.0.1:8080, not "${server}".`);
  return async ({ method, target, headers, body }) => {
    let answer: ApiAnswer;
    try {
      const response = await fetch(base + target, {
        method,
        headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
        signal: AbortSignal.timeout(patienceMs),
        redirect: "error",
        ...(body === undefined ? {} : { body }),
      });
      answer = { status: response.status, text: await response.text() };
    } catch (error) {
      throw new Failure(`The server at ${base} does not answer: ${reasonOf(error)}.`, { cause: error });
    }
    if (answer.status !== 401) return answer;
    throw new Failure(
      token === undefined
        ? "The server asks for a sign-in. Give a token with --token, or in DIVERT_TOKEN."
        : "The server does not know this token. Give another with --token, or in DIVERT_TOKEN.",
    );
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

const reasons: ReadonlyMap<unknown, string> = new Map([
  ["ECONNREFUSED", "nothing listens there"],
  ["ECONNRESET", "it closed the connection"],
  ["UND_ERR_SOCKET", "it closed the connection"],
  ["ENOTFOUND", "there is no such name"],
  ["EAI_AGAIN", "its name cannot be looked up at the moment"],
  ["EHOSTUNREACH", "no way leads there"],
  ["ENETUNREACH", "no way leads there"],
  ["ETIMEDOUT", "it took too long"],
  ["UND_ERR_CONNECT_TIMEOUT", "it took too long"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "it does not speak TLS. Write http:// instead of https://"],
  ["ERR_SSL_PACKET_LENGTH_TOO_LONG", "it does not speak TLS. Write http:// instead of https://"],
  ["CERT_HAS_EXPIRED", "its certificate is no longer valid"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "its certificate is for another name"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "its certificate is not trusted here"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "its certificate is not trusted here"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "its certificate is not trusted here"],
]);

/** As the rest of a sentence. */
function reasonOf(error: unknown): string {
  const known = reasons.get(codeOf(error));
  if (known !== undefined) return known;
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "it took too long";
  return error.cause instanceof Error && error.cause.message !== "" ? error.cause.message : error.message;
}
