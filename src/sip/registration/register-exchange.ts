import type { DigestClient } from "../auth/digest-client.ts";
import { copyRequest, createRequest } from "../message/build.ts";
import type { HeaderField } from "../message/build.ts";
import { readContacts } from "../message/contact.ts";
import { readMinExpires } from "../message/durations.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { noParameters } from "../message/parameters.ts";
import { parseSipUri, serializeSipUri } from "../message/uri.ts";
import type { SipUri } from "../message/uri.ts";
import type { RequestOutcome, SentRequest } from "../transaction/request-sender.ts";
import { failureOfAuthentication, failureOfResponse } from "./registration-failure.ts";
import type { RegistrationFailure } from "./registration-failure.ts";
import type { Registrar, RegistrarFlow } from "./registrar.ts";

/** What one REGISTER asks for. */
export interface RegisterAsk {
  /** To and From. */
  readonly addressOfRecord: string;
  readonly callId: string;
  /** For the path that the request takes. */
  readonly contacts: (flow: RegistrarFlow) => readonly string[];
  /** Absent: a query, which changes nothing (RFC 3261 §10.2.3). */
  readonly expiresInSeconds?: number;
}

/** What came of it, all challenges, redirections and raised intervals behind it. */
export type RegisterVerdict =
  | { readonly kind: "accepted"; readonly response: SipResponse; readonly expiresInSeconds: number }
  | { readonly kind: "refused"; readonly failure: RegistrationFailure }
  /** No answer, or one that says nothing of this account. */
  | { readonly kind: "failed"; readonly failure: RegistrationFailure };

/** Who sent it. */
export interface RegisterExchangeUser {
  readonly digest: DigestClient;
  /** RFC 3261 §10.2: rises with each REGISTER of one Call-ID; kept here over all of them. */
  lastCSeq: number;
  judged(verdict: RegisterVerdict): void;
}

const mostRedirections = 2;
/** A registrar that wants more than a day at least is not served. */
const longestMinExpiresSeconds = 86_400;

/** One REGISTER from its first sending to the verdict: 401, 407, 423 and 3xx are dealt with on the way, each bounded. */
export class RegisterExchange {
  readonly #registrar: Registrar;
  readonly #user: RegisterExchangeUser;
  readonly #ask: RegisterAsk;
  #target: SipUri;
  #expiresInSeconds: number | undefined;
  #hasRaisedInterval = false;
  #redirections = 0;
  #isAbandoned = false;
  #sent: SentRequest | undefined;

  constructor(registrar: Registrar, user: RegisterExchangeUser, ask: RegisterAsk) {
    this.#registrar = registrar;
    this.#user = user;
    this.#ask = ask;
    this.#target = registrar.uri;
    this.#expiresInSeconds = ask.expiresInSeconds;
  }

  start(): void {
    this.#sendAnew();
  }

  /** Nobody waits for the verdict any more. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#sent?.cancel();
  }

  #sendAnew(): void {
    const request = this.#makeRequest();
    this.#user.digest.authorize(request);
    this.#send(request);
  }

  #send(request: SipRequest): void {
    this.#user.lastCSeq = request.cseq.number;
    this.#registrar.sent();
    this.#sent = this.#registrar.sender.send(request, {
      nextHop: this.#nextHop(),
      prepare: (prepared, flow) => this.#withContacts(prepared, flow),
      onOutcome: (outcome) => {
        if (!this.#isAbandoned) this.#judge(outcome, request);
      },
    });
  }

  /** RFC 3261 §8.1.3.4: what was redirected goes where the redirection says, by the same route as before. */
  #nextHop(): SipUri {
    const { proxy, nextHop } = this.#registrar;
    return proxy ?? (this.#redirections === 0 ? nextHop : undefined) ?? this.#target;
  }

  #makeRequest(): SipRequest {
    const { addressOfRecord, callId } = this.#ask;
    const { route, userAgent, random } = this.#registrar;
    const headers: HeaderField[] = [];
    if (route !== undefined) headers.push(["Route", route]);
    if (this.#expiresInSeconds !== undefined) headers.push(["Expires", String(this.#expiresInSeconds)]);
    // RFC 3327 §4.2: without it a registrar may drop the Path that leads to us.
    headers.push(["Supported", "path"]);
    if (userAgent !== undefined) headers.push(["User-Agent", userAgent]);
    return createRequest({
      method: "REGISTER",
      requestUri: serializeSipUri(this.#target),
      from: `<${addressOfRecord}>;tag=${random.token(64)}`,
      to: `<${addressOfRecord}>`,
      callId,
      cseq: this.#user.lastCSeq + 1,
      headers,
    });
  }

  #withContacts(request: SipRequest, flow: RegistrarFlow): SipRequest {
    const prepared = copyRequest(request);
    prepared.headers.remove("Contact");
    for (const contact of this.#ask.contacts(flow)) prepared.headers.append("Contact", contact);
    return prepared;
  }

  #judge(outcome: RequestOutcome, request: SipRequest): void {
    switch (outcome.kind) {
      case "timeout":
        this.#conclude({ kind: "failed", failure: { code: "timeout" } });
        return;
      case "unreachable":
        this.#conclude({ kind: "failed", failure: { code: "unreachable", detail: outcome.detail } });
        return;
      case "response":
        // RFC 3261 §21.4.9, §21.5.4: 408 and 503 come from whoever stands before a registrar that is not there.
        if (outcome.response.status !== 408 && outcome.response.status !== 503) {
          this.#registrar.answered(outcome.flow);
        }
        this.#judgeResponse(outcome.response, request, outcome.flow);
    }
  }

  #judgeResponse(response: SipResponse, request: SipRequest, flow: RegistrarFlow): void {
    const { status } = response;
    if (status < 300) {
      const expiresInSeconds = this.#expiresInSeconds ?? 0;
      this.#conclude({ kind: "accepted", response, expiresInSeconds });
    } else if (status === 401 || status === 407) {
      this.#authenticate(response, request, flow);
    } else if (status === 423) {
      this.#raiseInterval(response);
    } else if (status < 400) {
      this.#follow(response);
    } else if (status === 408) {
      this.#conclude({ kind: "failed", failure: failureOfResponse("timeout", response) });
    } else if (status === 503) {
      this.#conclude({ kind: "failed", failure: failureOfResponse("unavailable", response) });
    } else if (status >= 500 && status < 600) {
      this.#conclude({ kind: "failed", failure: failureOfResponse("failed", response) });
    } else {
      this.#refuse(failureOfResponse("refused", response));
    }
  }

  #authenticate(response: SipResponse, request: SipRequest, flow: RegistrarFlow): void {
    if (!this.#registrar.isAcceptedSource(flow)) {
      this.#refuse(failureOfResponse("foreign-challenge", response, `challenged from ${flow.remoteAddress}`));
      return;
    }
    const next = this.#user.digest.answer(response, request, true);
    if (next.ok) {
      this.#send(next.value);
      return;
    }
    // The PBX may have been given another realm since; the next try learns it anew.
    this.#user.digest.forget();
    this.#refuse(failureOfAuthentication(next.failure, response));
  }

  /** RFC 3261 §10.2.8: ask again, for at least what Min-Expires says. */
  #raiseInterval(response: SipResponse): void {
    const least = readMinExpires(response);
    const asked = this.#expiresInSeconds ?? 0;
    const isUsable = least !== undefined && least > asked && least <= longestMinExpiresSeconds;
    if (!isUsable || this.#hasRaisedInterval || asked === 0) {
      this.#refuse(failureOfResponse("refused", response));
      return;
    }
    this.#hasRaisedInterval = true;
    this.#expiresInSeconds = least;
    this.#sendAnew();
  }

  /** RFC 3261 §8.1.3.4: another place may know the location service; credentials follow to accepted hosts alone. */
  #follow(response: SipResponse): void {
    const contacts = readContacts(response);
    const targets = contacts === undefined || contacts === "*" ? [] : contacts;
    const target = targets
      .map(({ uri }) => parseSipUri(uri))
      .find((uri) => uri !== undefined && this.#registrar.isAcceptedHost(uri));
    if (target === undefined || this.#redirections >= mostRedirections) {
      this.#refuse(failureOfResponse("foreign-redirect", response));
      return;
    }
    this.#redirections++;
    const { scheme, host, port, parameters } = target;
    const transport = parameters.get("transport");
    this.#target = {
      scheme,
      host,
      ...(port === undefined ? undefined : { port }),
      parameters: transport === undefined ? noParameters : new Map([["transport", transport]]),
    };
    this.#sendAnew();
  }

  #refuse(failure: RegistrationFailure): void {
    this.#conclude({ kind: "refused", failure });
  }

  #conclude(verdict: RegisterVerdict): void {
    this.#user.judged(verdict);
  }
}
