/**
 * How commands reach Divert: over HTTP where a server runs, else through the very same API in this process, on the data
 * folder. So a command has one way to do its work, and every check of the API holds for it.
 */
import { resolve } from "node:path";
import { Refusal, type RefusalCode } from "../base/refusal.ts";
import { problemSchema } from "../http/problem.ts";
import { readServerFile } from "../http/server-file.ts";
import { Failure, type Terminal } from "./command.ts";

export interface ApiRequest {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON, unless `text` is given. */
  readonly body?: unknown;
  readonly text?: { readonly type: string; readonly content: string };
}

export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
}

/** Sends one request; rejects with a `Failure` when nobody answers. */
export type Exchange = (request: {
  readonly method: ApiRequest["method"];
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}) => Promise<ApiAnswer>;

export interface Reach {
  readonly data?: string | undefined;
  readonly server?: string | undefined;
  readonly token?: string | undefined;
}

export class Api {
  readonly #exchange: Exchange;
  readonly #closeExchange: () => Promise<void>;

  constructor(exchange: Exchange, close: () => Promise<void> = () => Promise.resolve()) {
    this.#exchange = exchange;
    this.#closeExchange = close;
  }

  /** The answer's JSON. Throws the `Refusal` that the API answered. */
  async json(request: ApiRequest): Promise<unknown> {
    const { text } = await this.#send(request);
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  }

  /** The answer as it is. Throws the `Refusal` that the API answered. */
  async text(request: ApiRequest): Promise<string> {
    return (await this.#send(request)).text;
  }

  /** Idempotent. */
  close(): Promise<void> {
    return this.#closeExchange();
  }

  async #send({ method, path, query, body, text }: ApiRequest): Promise<ApiAnswer> {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query ?? {}))
      if (value !== undefined) parameters.set(name, value);
    const answer = await this.#exchange({
      method,
      target: parameters.size > 0 ? `${path}?${parameters.toString()}` : path,
      headers: text || body !== undefined ? { "content-type": text?.type ?? "application/json" } : {},
      body: text?.content ?? (body === undefined ? undefined : JSON.stringify(body)),
    });
    if (answer.status >= 400) throw readProblem(answer);
    return answer;
  }
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

function readProblem({ status, text }: ApiAnswer): Error {
  try {
    const problem = problemSchema.parse(JSON.parse(text));
    if (problem.code === "internal-error") return new Failure(problem.detail);
    return new Refusal(problem.code as RefusalCode, problem.detail, problem.faults);
  } catch (error) {
    return new Failure(`The server answered ${status}, and not as Divert does.`, { cause: error });
  }
}
