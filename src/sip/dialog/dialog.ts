import type { Buffer } from "node:buffer";
import { fail, succeed } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import { createRequest } from "../message/build.ts";
import type { HeaderField } from "../message/build.ts";
import { readContacts } from "../message/contact.ts";
import type { SipMessage, SipRequest, SipResponse } from "../message/message.ts";
import { parseNameAddr, serializeNameAddr } from "../message/name-addr.ts";
import { readRoutes } from "../message/routes.ts";
import { parseSipUri, serializeSipUri } from "../message/uri.ts";
import type { SipUri } from "../message/uri.ts";
import { idOfIncomingRequest, idOfIncomingResponse } from "./dialog-id.ts";
import type { DialogId } from "./dialog-id.ts";

/** Further parts of a request within a dialog. */
export interface DialogRequestParts {
  /** RFC 3261 §12.2.1.1: there must be one in a request that may move our end (INVITE, UPDATE). */
  readonly contact?: string;
  /** 70 unless said. */
  readonly maxForwards?: number;
  readonly headers?: Iterable<HeaderField>;
  readonly body?: Buffer;
}

/** RFC 3261 §12: what both ends of a call remember of each other. In the RFC's words. */
interface DialogState {
  readonly id: DialogId;
  /** From of what we send, tag included. */
  readonly localAddress: string;
  /** To of what we send, tag included where the other end has one. */
  readonly remoteAddress: string;
  readonly localSequence: number;
  readonly remoteSequence: number | undefined;
  readonly remoteTarget: SipUri;
  readonly routeSet: readonly Route[];
  readonly secure: boolean;
}

interface Route {
  /** The header value, with brackets and parameters. */
  readonly text: string;
  readonly uri: SipUri;
}

/** RFC 3261 §12.2.1.1: a local sequence that is empty begins with any number below 2**31. */
const firstSequence = 0;

/**
 * One end of a dialog (RFC 3261 §12): knows who the other end is, where it is, by which way, and what was said last.
 * It sends nothing itself. It comes of a request and a response that set it up, and fails to with a reason that says
 * what of them cannot be read.
 */
export class Dialog {
  readonly id: DialogId;
  /** RFC 3261 §12.1: the other end was called by a sips: URI and over TLS. */
  readonly secure: boolean;
  readonly #localAddress: string;
  readonly #remoteAddress: string;
  #localSequence: number;
  /** The network address that the other end has answered from, where it was called by us. */
  heardFrom: string | undefined;
  #remoteSequence: number | undefined;
  #remoteTarget: SipUri;
  #routeSet: readonly Route[];

  private constructor(state: DialogState) {
    this.id = state.id;
    this.secure = state.secure;
    this.#localAddress = state.localAddress;
    this.#remoteAddress = state.remoteAddress;
    this.#localSequence = state.localSequence;
    this.#remoteSequence = state.remoteSequence;
    this.#remoteTarget = state.remoteTarget;
    this.#routeSet = state.routeSet;
  }

  /** RFC 3261 §12.1.1: the end that was called. `localTag` is the one of all our responses to the request. */
  static ofServer(request: SipRequest, localTag: string, isOverTls = false): Result<Dialog, string> {
    const remoteTarget = readTarget(request);
    if (remoteTarget === undefined) return fail("the request has no Contact that can be called");
    const routeSet = readRouteSet(request);
    if (routeSet === undefined) return fail("the request's Record-Route cannot be read");
    const to = request.headers.get("To") ?? "";
    return succeed(
      new Dialog({
        id: { ...idOfIncomingRequest(request), localTag },
        localAddress: request.toTag === undefined ? `${serializeNameAddr(request.to)};tag=${localTag}` : to,
        remoteAddress: request.headers.get("From") ?? "",
        localSequence: firstSequence,
        remoteSequence: request.cseq.number,
        remoteTarget,
        routeSet,
        secure: isOverTls && request.uri?.scheme === "sips",
      }),
    );
  }

  /** RFC 3261 §12.1.2: the end that called. The response is a 101 to 299 with a tag. */
  static ofClient(request: SipRequest, response: SipResponse, isOverTls = false): Result<Dialog, string> {
    const remoteTarget = readTarget(response);
    if (remoteTarget === undefined) return fail("the response has no Contact that can be called");
    const routeSet = readRouteSet(response)?.reverse();
    if (routeSet === undefined) return fail("the response's Record-Route cannot be read");
    return succeed(
      new Dialog({
        id: idOfIncomingResponse(response),
        localAddress: request.headers.get("From") ?? "",
        remoteAddress: response.headers.get("To") ?? "",
        localSequence: request.cseq.number,
        remoteSequence: undefined,
        remoteTarget,
        routeSet,
        secure: isOverTls && request.uri?.scheme === "sips",
      }),
    );
  }

  /**
   * For a 2xx that `ofClient` fails for: what it takes to acknowledge and end it, with the Request-URI in place of the
   * Contact. Undefined: that is no SIP URI.
   */
  static ofUnclear(request: SipRequest, response: SipResponse): Dialog | undefined {
    const remoteTarget = request.uri;
    return (
      remoteTarget &&
      new Dialog({
        id: idOfIncomingResponse(response),
        localAddress: request.headers.get("From") ?? "",
        remoteAddress: response.headers.get("To") ?? "",
        localSequence: request.cseq.number,
        remoteSequence: undefined,
        remoteTarget,
        routeSet: readRouteSet(response)?.reverse() ?? [],
        secure: false,
      })
    );
  }

  /** Who the other end is, whatever device that has answered: the URI of its From or To. */
  get remoteUri(): string {
    return parseNameAddr(this.#remoteAddress)?.uri ?? this.remoteTarget;
  }

  get remoteTarget(): string {
    return serializeSipUri(this.#remoteTarget);
  }

  /** The CSeq of what was sent last; 0 when nothing was. */
  get localSequence(): number {
    return this.#localSequence;
  }

  /** The CSeq of what came last; undefined when nothing has. */
  get remoteSequence(): number | undefined {
    return this.#remoteSequence;
  }

  /** From here, in the order in which a request passes them. */
  get routeSet(): readonly string[] {
    return this.#routeSet.map(({ text }) => text);
  }

  /** Where requests go (RFC 3261 §8.1.2): the first hop of the route, or else the other end. */
  get nextHop(): SipUri {
    return this.#routeSet[0]?.uri ?? this.#remoteTarget;
  }

  /** A request to the other end, with the next CSeq. Not for ACK, nor for CANCEL, which its transaction makes. */
  createRequest(method: string, parts: DialogRequestParts = {}): SipRequest {
    this.#localSequence++;
    return this.#create(method, this.#localSequence, parts);
  }

  /** A request was sent again with a CSeq of its own (RFC 3261 §22.2): what follows goes on from there. */
  noteSent(request: SipRequest): void {
    this.#localSequence = Math.max(this.#localSequence, request.cseq.number);
  }

  /** RFC 3261 §13.2.2.4: the ACK to a 2xx has the CSeq of the INVITE, and its credentials. */
  createAck(invite: SipRequest, parts: DialogRequestParts = {}): SipRequest {
    const credentials = (["Authorization", "Proxy-Authorization"] as const).flatMap((name) =>
      invite.headers.all(name).map((value): HeaderField => [name, value]),
    );
    const headers = [...credentials, ...(parts.headers ?? [])];
    return this.#create("ACK", invite.cseq.number, { ...parts, headers });
  }

  /**
   * RFC 3261 §12.2.2: whether a request of the other end comes in order, which is noted; false asks for a 500. An ACK
   * bears the number of its INVITE and is always in order. (Copies never come here: transactions take them in.)
   */
  takesInOrder(request: SipRequest): boolean {
    if (request.method === "ACK" || request.method === "CANCEL") return true;
    const { number } = request.cseq;
    if (this.#remoteSequence !== undefined && number <= this.#remoteSequence) return false;
    this.#remoteSequence = number;
    return true;
  }

  /**
   * RFC 3261 §12.2: an INVITE or UPDATE that we accept, or its 2xx, may say that the other end has moved. Without a
   * Contact that can be read the other end is where it was.
   */
  refreshTarget(message: SipMessage): void {
    this.#remoteTarget = readTarget(message) ?? this.#remoteTarget;
  }

  /** RFC 3261 §13.2.2.4: the 2xx that confirms an early dialog of ours says anew which way requests take. */
  confirm(response: SipResponse): void {
    this.#routeSet = readRouteSet(response)?.reverse() ?? this.#routeSet;
    this.refreshTarget(response);
  }

  #create(method: string, cseq: number, parts: DialogRequestParts): SipRequest {
    const { requestUri, routes } = this.#way();
    return createRequest({
      method,
      requestUri,
      from: this.#localAddress,
      to: this.#remoteAddress,
      callId: this.id.callId,
      cseq,
      ...(parts.contact === undefined ? undefined : { contact: parts.contact }),
      ...(parts.maxForwards === undefined ? undefined : { maxForwards: parts.maxForwards }),
      headers: [...routes.map((route): HeaderField => ["Route", route]), ...(parts.headers ?? [])],
      ...(parts.body === undefined ? undefined : { body: parts.body }),
    });
  }

  #way(): { requestUri: string; routes: readonly string[] } {
    const [first, ...rest] = this.#routeSet;
    const target = asRequestUri(this.#remoteTarget);
    if (first === undefined || first.uri.parameters.has("lr")) {
      return { requestUri: target, routes: this.routeSet };
    }
    // RFC 3261 §12.2.1.1: a strict router wants to be the Request-URI; the other end comes last in the route.
    return { requestUri: asRequestUri(first.uri), routes: [...rest.map(({ text }) => text), `<${target}>`] };
  }
}

/** RFC 3261 §19.1.1, table 1: a Request-URI has no headers and no method parameter. */
function asRequestUri(uri: SipUri): string {
  const parameters = new Map(uri.parameters);
  parameters.delete("method");
  return serializeSipUri({ ...uri, parameters, headers: undefined });
}

/** RFC 3261 §8.1.1.8, §12.1: exactly one Contact, a SIP URI. */
function readTarget(message: SipMessage): SipUri | undefined {
  const contacts = readContacts(message);
  if (contacts === undefined || contacts === "*" || contacts.length !== 1) return undefined;
  return parseSipUri(contacts[0]?.uri ?? "");
}

function readRouteSet(message: SipMessage): Route[] | undefined {
  const routes: Route[] = [];
  for (const address of readRoutes(message, "Record-Route") ?? [undefined]) {
    const uri = address === undefined ? undefined : parseSipUri(address.uri);
    if (address === undefined || uri === undefined) return undefined;
    routes.push({ text: serializeNameAddr(address), uri });
  }
  return routes;
}
