import type { Clock } from "../../base/clock.ts";
import type { HeaderField } from "../message/build.ts";
import { quote } from "../message/cursor.ts";
import type { SipRequest } from "../message/message.ts";
import { serializeParameters } from "../message/parameters.ts";
import type { Flow } from "../transport/transport.ts";
import { isSameBinding } from "./binding.ts";
import type { Binding, LocationService } from "./binding.ts";
import { readRegister } from "./read-register.ts";
import type { WantedBinding } from "./read-register.ts";

export interface RegistrarLimits {
  /** Given where nothing is asked for. */
  readonly defaultExpiresInSeconds: number;
  /** Less is refused with 423. */
  readonly shortestExpiresInSeconds: number;
  /** More is cut to this. */
  readonly longestExpiresInSeconds: number;
  /** More bindings of one address-of-record are not kept: the oldest goes. */
  readonly bindings: number;
}

/** An hour at most: a phone that went without a word is found missing by then at the latest. */
export const registrarLimits: RegistrarLimits = {
  defaultExpiresInSeconds: 3600,
  shortestExpiresInSeconds: 60,
  longestExpiresInSeconds: 3600,
  bindings: 10,
};

export interface RegisterAnswer {
  readonly status: 200 | 400 | 420 | 423 | 439 | 500;
  readonly headers: readonly HeaderField[];
}

const refused: RegisterAnswer = { status: 400, headers: [] };
/** RFC 3261 §10.3 step 7: overtaken by a later one; the request fails as a whole. */
const overtaken: RegisterAnswer = { status: 500, headers: [] };

/** RFC 5626 §11.6: the phone comes by a proxy, whose flow is not its own. It registers again without outbound. */
const noFirstHop: RegisterAnswer = { status: 439, headers: [] };

/**
 * Option tags that a phone may insist on. Not `path`: a binding is reached by the flow that its REGISTER came by, and
 * RFC 3327 §5.3 has a registrar that keeps no Path ignore it.
 */
const spoken = new Set(["outbound"]);

export interface LocationRegistrarOptions {
  readonly clock: Clock;
  readonly locations: LocationService;
  readonly limits?: RegistrarLimits;
}

/** A registrar (RFC 3261 §10.3, RFC 5626 §6). Who may register what has been asked before. */
export class LocationRegistrar {
  readonly #clock: Clock;
  readonly #locations: LocationService;
  readonly #limits: RegistrarLimits;

  constructor({ clock, locations, limits = registrarLimits }: LocationRegistrarOptions) {
    this.#clock = clock;
    this.#locations = locations;
    this.#limits = limits;
  }

  /** Adds, refreshes, removes or, without a Contact, tells the bindings. All that a request asks for, or nothing of it. */
  register(addressOfRecord: string, request: SipRequest, flow: Flow): RegisterAnswer {
    // RFC 3261 §10.3 step 2.
    const unknown = request.headers.values("Require").filter((tag) => !spoken.has(tag.toLowerCase()));
    if (unknown.length > 0) return { status: 420, headers: [["Unsupported", unknown.join(", ")]] };
    const wish = readRegister(request);
    if (wish === undefined) return refused;
    const present = this.#locations.bindingsOf(addressOfRecord);
    if (wish.kind === "fetch") return this.#tell(present, []);
    if (wish.kind === "remove-all") {
      if (present.some((binding) => overtakes(binding, request))) return overtaken;
      this.#locations.keep(addressOfRecord, []);
      return this.#tell([], []);
    }

    const { shortestExpiresInSeconds: shortest } = this.#limits;
    // RFC 3261 §10.3 step 7: too brief, but not nothing.
    if (wish.wanted.some(({ expiresInSeconds: seconds = shortest }) => seconds > 0 && seconds < shortest)) {
      return { status: 423, headers: [["Min-Expires", String(shortest)]] };
    }
    const isOutbound = wish.wanted.some(({ regId }) => regId !== undefined);
    if (isOutbound && request.vias.length > 1) return noFirstHop;
    let bindings = present;
    for (const wanted of wish.wanted) {
      const known = bindings.filter((binding) => isSameBinding(binding, wanted));
      if (known.some((binding) => overtakes(binding, request))) return overtaken;
      bindings = bindings.filter((binding) => !known.includes(binding));
      if (wanted.expiresInSeconds !== 0) {
        bindings = [this.#bind(wanted, request, flow), ...bindings];
      }
    }
    bindings = bindings.slice(0, this.#limits.bindings);
    this.#locations.keep(addressOfRecord, bindings);
    // RFC 5626 §6: outbound was understood and done.
    return this.#tell(bindings, isOutbound ? [["Require", "outbound"]] : []);
  }

  #bind(wanted: WantedBinding, request: SipRequest, flow: Flow): Binding {
    const { defaultExpiresInSeconds, longestExpiresInSeconds } = this.#limits;
    const { expiresInSeconds = defaultExpiresInSeconds, ...parts } = wanted;
    const userAgent = request.headers.get("User-Agent")?.slice(0, 128);
    return {
      ...parts,
      callId: request.callId,
      cseq: request.cseq.number,
      expiresAt: this.#clock.now() + Math.min(expiresInSeconds, longestExpiresInSeconds) * 1000,
      flow,
      isOutbound: wanted.regId !== undefined,
      ...(userAgent !== undefined && { userAgent }),
    };
  }

  /** RFC 3261 §10.3 step 8: all current bindings, each with what is left of its time. */
  #tell(bindings: readonly Binding[], headers: readonly HeaderField[]): RegisterAnswer {
    const now = this.#clock.now();
    const contacts = bindings.map((binding) => {
      const parameters = new Map<string, string | undefined>();
      if (binding.q !== 1) parameters.set("q", String(binding.q));
      parameters.set("expires", String(Math.max(0, Math.ceil((binding.expiresAt - now) / 1000))));
      if (binding.regId !== undefined) parameters.set("reg-id", String(binding.regId));
      const instance = binding.instanceId === undefined ? "" : `;+sip.instance=${quote(binding.instanceId)}`;
      return ["Contact", `<${binding.contact}>${serializeParameters(parameters)}${instance}`] as const;
    });
    const date = new Date(this.#clock.wallTime()).toUTCString();
    return {
      status: 200,
      headers: [...contacts, ["Date", date], ["Supported", "outbound"], ...headers],
    };
  }
}

/** RFC 3261 §10.3 step 7: within one Call-ID only a higher CSeq is later. */
function overtakes(known: Binding, request: SipRequest): boolean {
  return known.callId === request.callId && known.cseq >= request.cseq.number;
}
