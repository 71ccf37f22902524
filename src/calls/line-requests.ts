/** Who may ask us something, and which line it is about: the door of Divert's SIP side. */
import type { Clock } from "../base/clock.ts";
import type { Directory } from "../directory/directory.ts";
import type { Line } from "../lines/line.ts";
import type { Lines } from "../lines/lines.ts";
import type { Phones } from "../phones/phones.ts";
import type {
  Flow,
  InviteCore,
  RequestHandler,
  Screening,
  ServerTransaction,
  SipRequest,
} from "../sip/user-agent.ts";
import { createResponse, parseNameAddr, parseSipUri, unescapeUser } from "../sip/user-agent.ts";
import { answerOther, optionsHeaders } from "./answer-request.ts";
import type { Calls } from "./calls.ts";
import { StrangerLimit } from "./stranger-limit.ts";
import type { StrangerRequest } from "./stranger-limit.ts";

export interface LineRequestsOptions {
  readonly directory: Pick<Directory, "findLineByExtension" | "pbxSetupOf">;
  readonly lines: Pick<Lines, "find" | "findByContactToken" | "isAcceptedSource" | "pbxsAt">;
  readonly calls: Calls;
  /** Calls that are up. */
  readonly core: InviteCore;
  readonly phones: Phones;
  /** Takes a call to a line that is a test of its PBX; false: it is none. */
  readonly claimTestCall: (
    line: Line,
    transaction: ServerTransaction,
    request: SipRequest,
    flow: Flow,
  ) => boolean;
  readonly clock: Clock;
  /** What strangers hear: 403, or nothing. */
  readonly strangers: "refuse" | "silence";
  /** Told of each message that is dropped or refused, with one of a few words. */
  readonly onRefused: (reason: "stranger" | "stranger-flood" | "unknown-line") => void;
}

const accepted: Screening = { verdict: "accept" };
const dropped: Screening = { verdict: "drop" };
const welcome: Screening = { verdict: "answer", status: 200, headers: optionsHeaders };
const forbidden: Screening = { verdict: "answer", status: 403 };

/** Answers what PBXs send to their lines; keeps strangers out without remembering anything of them. */
export class LineRequests implements RequestHandler {
  readonly #options: LineRequestsOptions;
  readonly #strangers = new StrangerLimit();

  constructor(options: LineRequestsOptions) {
    this.#options = options;
  }

  screen(request: SipRequest, flow: Flow): Screening {
    if (this.#isFromPbx(request, flow)) return accepted;
    const { phones } = this.#options;
    if (this.#isWithinCall(request, flow)) return accepted;
    const isPhone = phones.recognises(flow);
    const mustProve = phones.exist && mustProveItself(request);
    if (!isPhone && !this.#admitsStranger(mustProve ? this.#proofOf(request, flow) : "other", flow))
      return dropped;
    if (mustProve) return phones.screen(request, flow);
    if (isPhone) return accepted;
    // Whoever asks whether somebody is there is told so, the same for each number: that gives nothing away.
    if (request.method === "OPTIONS" && request.toTag === undefined && request.uri !== undefined)
      return welcome;
    this.#options.onRefused("stranger");
    return this.#options.strangers === "refuse" ? forbidden : dropped;
  }

  isTrusted(flow: Flow): boolean {
    return this.#options.lines.pbxsAt(flow).length > 0 || this.#options.phones.recognises(flow);
  }

  answersMalformed(flow: Flow): boolean {
    return this.isTrusted(flow) || this.#admitsStranger("other", flow);
  }

  onRequest(transaction: ServerTransaction, request: SipRequest, flow: Flow): void {
    const { phones } = this.#options;
    if (request.method === "REGISTER" && phones.exist) {
      phones.receiveRegister(transaction, request, flow);
      return;
    }
    if (request.toTag !== undefined && this.#isWithinCall(request, flow)) {
      this.#options.core.receive(transaction, request);
      return;
    }
    if (request.method !== "INVITE") {
      transaction.respond(answerOther(request, transaction.localTag));
      return;
    }
    const line = this.#findLine(request, flow);
    if (line === undefined) {
      if (request.toTag === undefined && this.#takeFromPhone(transaction, request, flow)) return;
      this.#options.onRefused("unknown-line");
      const status = request.uri === undefined ? 416 : request.toTag === undefined ? 404 : 481;
      transaction.respond(createResponse(request, status, undefined, { toTag: transaction.localTag }));
      return;
    }
    if (this.#options.claimTestCall(line, transaction, request, flow)) return;
    this.#options.calls.receive(line, transaction, request, flow);
  }

  onAck(request: SipRequest, flow: Flow): void {
    if (this.#isWithinCall(request, flow)) this.#options.core.receiveAck(request);
  }

  /** A request of one of our calls, from where that end of it is: tags that leak are of no use elsewhere. */
  #isWithinCall(request: SipRequest, flow: Flow): boolean {
    const session = this.#options.core.find(request);
    if (session === undefined) return false;
    const { way, dialog } = session;
    if (way?.isOnly === true) return way.admits(flow);
    const { remoteAddress } = flow;
    if (way?.flow.remoteAddress === remoteAddress || dialog.heardFrom === remoteAddress) return true;
    return this.#options.lines.pbxsAt(flow).length > 0;
  }

  /** An INVITE that is for no line: a phone calls somebody, if it is one. False: nobody has taken it. */
  #takeFromPhone(transaction: ServerTransaction, request: SipRequest, flow: Flow): boolean {
    const { phones, lines, calls } = this.#options;
    if (!phones.exist || request.uri === undefined) return false;
    // A PBX that calls a line by a Contact of former times is told so, not asked for a password.
    if (lines.pbxsAt(flow).length > 0 && !phones.recognises(flow)) return false;
    const identity = phones.identify(request, flow);
    const line = identity.ok ? lines.find(identity.value.line.id) : undefined;
    if (!identity.ok) phones.refuse(transaction, request, identity.failure);
    else if (line === undefined) return false;
    else calls.place(line, identity.value.username, transaction, request);
    return true;
  }

  /** The line that the Request-URI names tells its PBX at once; only what names none is held against all PBXs. */
  #isFromPbx(request: SipRequest, flow: Flow): boolean {
    const { lines } = this.#options;
    const line = lines.findByContactToken(request.uri?.user ?? "");
    if (line !== undefined && lines.isAcceptedSource(line.pbxId, flow)) return true;
    return lines.pbxsAt(flow).length > 0;
  }

  #findLine(request: SipRequest, flow: Flow): Line | undefined {
    const { lines } = this.#options;
    const line = lines.findByContactToken(request.uri?.user ?? "");
    if (line === undefined) return this.#findLineByCalledParty(request, flow);
    return lines.isAcceptedSource(line.pbxId, flow) ? line : undefined;
  }

  /** For PBXs that do not send our Contact back: the profile says which header names the line instead. */
  #findLineByCalledParty(request: SipRequest, flow: Flow): Line | undefined {
    const { directory, lines } = this.#options;
    for (const pbxId of lines.pbxsAt(flow)) {
      const { calledParty = [] } = directory.pbxSetupOf(pbxId)?.profile ?? {};
      for (const header of calledParty) {
        const uri = parseSipUri(parseNameAddr(request.headers.get(header) ?? "")?.uri ?? "");
        const line = directory.findLineByExtension(pbxId, unescapeUser(uri?.user ?? ""));
        if (line !== undefined) return lines.find(line.id);
      }
    }
    return undefined;
  }

  #proofOf(request: SipRequest, flow: Flow): StrangerRequest {
    return this.#options.phones.answersChallenge(request, flow) ? "proof" : "challenge";
  }

  #admitsStranger(wanted: StrangerRequest, flow: Flow): boolean {
    if (this.#strangers.admits(wanted, flow, this.#options.clock.now())) return true;
    this.#options.onRefused("stranger-flood");
    return false;
  }
}

/** What a phone does in its own name; all else belongs to something that began so. */
function mustProveItself({ method, toTag }: SipRequest): boolean {
  return method === "REGISTER" || (method === "INVITE" && toTag === undefined);
}
