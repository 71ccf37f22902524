/** Who may ask us something, and which line it is about: the door of Divert's SIP side. */
import type { Clock } from "../base/clock.ts";
import type { Directory } from "../directory/directory.ts";
import type { Line } from "../directory/directory-store.ts";
import { effectiveProfile } from "../pbx/effective-profile.ts";
import type { Flow, RequestHandler, Screening, ServerTransaction, SipRequest } from "../sip/user-agent.ts";
import { createResponse, parseNameAddr, parseSipUri, unescapeUser } from "../sip/user-agent.ts";
import { answerOther, optionsHeaders } from "./answer-request.ts";
import type { Calls } from "./calls.ts";
import { StrangerLimit } from "./stranger-limit.ts";

/** Which PBXs send from an address. */
export interface AcceptedSources {
  isAcceptedSource(pbxId: string, flow: Flow): boolean;
}

export interface LineRequestsOptions {
  readonly directory: Pick<
    Directory,
    "findLineByContactToken" | "findLineByExtension" | "findGroup" | "pbxs"
  >;
  readonly sources: AcceptedSources;
  readonly calls: Calls;
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
    if (this.#isFromAnyPbx(flow)) return accepted;
    if (!this.#admitsStranger(flow)) return dropped;
    // Whoever asks whether somebody is there is told so, the same for each number: that gives nothing away.
    if (request.method === "OPTIONS" && request.toTag === undefined) return welcome;
    this.#options.onRefused("stranger");
    return this.#options.strangers === "refuse" ? forbidden : dropped;
  }

  answersMalformed(flow: Flow): boolean {
    return this.#isFromAnyPbx(flow) || this.#admitsStranger(flow);
  }

  onRequest(transaction: ServerTransaction, request: SipRequest, flow: Flow): void {
    if (request.method !== "INVITE") {
      transaction.respond(answerOther(request, transaction.localTag));
      return;
    }
    const line = this.#findLine(request, flow);
    if (line === undefined) {
      this.#options.onRefused("unknown-line");
      const status = request.uri === undefined ? 416 : request.toTag === undefined ? 404 : 481;
      transaction.respond(createResponse(request, status, undefined, { toTag: transaction.localTag }));
      return;
    }
    this.#options.calls.receive(line, transaction, request, flow);
  }

  /** The ACK to a 2xx: no call of ours has one yet, and an ACK is never answered. */
  onAck(): void {}

  #findLine(request: SipRequest, flow: Flow): Line | undefined {
    const { directory, sources } = this.#options;
    const line = directory.findLineByContactToken(request.uri?.user ?? "");
    if (line === undefined) return this.#findLineByCalledParty(request, flow);
    const pbxId = directory.findGroup(line.group)?.pbx;
    return pbxId !== undefined && sources.isAcceptedSource(pbxId, flow) ? line : undefined;
  }

  /** For PBXs that do not send our Contact back: the profile says which header names the line instead. */
  #findLineByCalledParty(request: SipRequest, flow: Flow): Line | undefined {
    const { directory, sources } = this.#options;
    for (const pbx of directory.pbxs()) {
      const { calledParty } = effectiveProfile(pbx);
      if (calledParty.length === 0 || !sources.isAcceptedSource(pbx.id, flow)) continue;
      for (const header of calledParty) {
        const uri = parseSipUri(parseNameAddr(request.headers.get(header) ?? "")?.uri ?? "");
        const line = directory.findLineByExtension(pbx.id, unescapeUser(uri?.user ?? ""));
        if (line !== undefined) return line;
      }
    }
    return undefined;
  }

  #isFromAnyPbx(flow: Flow): boolean {
    const { directory, sources } = this.#options;
    for (const { id } of directory.pbxs()) if (sources.isAcceptedSource(id, flow)) return true;
    return false;
  }

  #admitsStranger(flow: Flow): boolean {
    if (this.#strangers.admits(flow.remoteAddress, this.#options.clock.now())) return true;
    this.#options.onRefused("stranger-flood");
    return false;
  }
}
