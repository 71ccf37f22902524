/** The API as commands use it: requests in, JSON or the API's own refusal out, whichever way they travel. */
import { Refusal, type RefusalCode } from "../base/refusal.ts";
import { problemSchema } from "../http/problem.ts";
import { Failure } from "./command.ts";

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

function readProblem({ status, text }: ApiAnswer): Error {
  try {
    const problem = problemSchema.parse(JSON.parse(text));
    if (problem.code === "internal-error") return new Failure(problem.detail);
    return new Refusal(problem.code as RefusalCode, problem.detail, problem.faults);
  } catch (error) {
    return new Failure(`The server answered ${status}, and not as Divert does.`, { cause: error });
  }
}
