import type { Clock } from "../base/clock.ts";
import type { NameAddr, SipRequest, SipUri } from "../sip/user-agent.ts";
import { contactExpires, parseSipUri, readContacts, readExpires } from "../sip/user-agent.ts";

/** RFC 3261 §10.3: where an extension is reached. */
interface Binding {
  readonly contact: string;
  readonly uri: SipUri;
  readonly callId: string;
  readonly cseq: number;
  /** On the clock's scale. */
  readonly expiresAt: number;
}

export interface RegisterAnswer {
  readonly status: 200 | 400 | 423 | 500;
  readonly headers: readonly (readonly [string, string])[];
}

interface WantedBinding {
  readonly uri: SipUri;
  readonly text: string;
  readonly expiresInSeconds: number;
}

const defaultExpiresInSeconds = 3_600;
const longestExpiresInSeconds = 7_200;
const shortestExpiresInSeconds = 10;
/** More at once are not kept: the oldest goes. */
const mostBindings = 5;

/** The practice PBX's location service. Who may register what has been asked before. */
export class Registrar {
  /** Told when an extension can be reached from now on, or no longer can. */
  onChange: (extension: string, isRegistered: boolean) => void = () => {};
  readonly #clock: Clock;
  readonly #bindings = new Map<string, Binding[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** RFC 3261 §10.3: adds, refreshes, removes or, without a Contact, tells the bindings of an extension. All or nothing. */
  register(extension: string, request: SipRequest): RegisterAnswer {
    const contacts = readContacts(request);
    if (contacts === undefined) return { status: 400, headers: [] };
    const before = this.#bindingsOf(extension);
    if (contacts === "*") {
      if (readExpires(request) !== 0) return { status: 400, headers: [] };
      this.#keep(extension, []);
      return this.#answer(extension);
    }
    const wanted = contacts.map((contact) => readWanted(contact, readExpires(request)));
    if (!wanted.every((each) => each !== undefined)) return { status: 400, headers: [] };
    if (wanted.some(({ expiresInSeconds: s }) => s > 0 && s < shortestExpiresInSeconds)) {
      return { status: 423, headers: [["Min-Expires", String(shortestExpiresInSeconds)]] };
    }
    const { callId, cseq } = request;
    const isOld = (known: Binding): boolean => known.callId === callId && known.cseq >= cseq.number;
    let bindings = before;
    for (const { uri, text, expiresInSeconds } of wanted) {
      const known = bindings.find(({ contact }) => contact === text);
      // RFC 3261 §10.3: a request that was overtaken by a later one changes nothing.
      if (known !== undefined && isOld(known)) return { status: 500, headers: [] };
      bindings = bindings.filter((binding) => binding !== known);
      if (expiresInSeconds === 0) continue;
      const expiresAt = this.#clock.now() + expiresInSeconds * 1000;
      bindings = [{ contact: text, uri, callId, cseq: cseq.number, expiresAt }, ...bindings];
    }
    this.#keep(extension, bindings.slice(0, mostBindings));
    return this.#answer(extension);
  }

  /** Where calls for an extension go: to what registered last. */
  contactOf(extension: string): SipUri | undefined {
    return this.#bindingsOf(extension)[0]?.uri;
  }

  /** Loses everything, as a PBX does that keeps its bindings in memory and is started anew. */
  forgetAll(): void {
    for (const extension of [...this.#bindings.keys()]) this.#keep(extension, []);
  }

  #keep(extension: string, bindings: readonly Binding[]): void {
    const wasRegistered = this.#bindings.has(extension);
    if (bindings.length > 0) this.#bindings.set(extension, [...bindings]);
    else this.#bindings.delete(extension);
    const isRegistered = bindings.length > 0;
    if (wasRegistered !== isRegistered) this.onChange(extension, isRegistered);
  }

  #bindingsOf(extension: string): readonly Binding[] {
    const now = this.#clock.now();
    return (this.#bindings.get(extension) ?? []).filter(({ expiresAt }) => expiresAt > now);
  }

  #answer(extension: string): RegisterAnswer {
    const now = this.#clock.now();
    const headers = this.#bindingsOf(extension).map(({ contact, expiresAt }): readonly [string, string] => [
      "Contact",
      `<${contact}>;expires=${Math.ceil((expiresAt - now) / 1000)}`,
    ]);
    return { status: 200, headers };
  }
}

/** RFC 3261 §10.2.1.1: the Contact's own expires comes before the request's. */
function readWanted(contact: NameAddr, expires: number | undefined): WantedBinding | undefined {
  const uri = parseSipUri(contact.uri);
  if (uri === undefined) return undefined;
  const asked = contactExpires(contact) ?? expires ?? defaultExpiresInSeconds;
  return { uri, text: contact.uri, expiresInSeconds: Math.min(asked, longestExpiresInSeconds) };
}
