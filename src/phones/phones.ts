/** The phones of the lines: who they are, where they are reached, and that nobody else passes for one. */
import type { Result } from "../base/result.ts";
import type { Line } from "../directory/directory-store.ts";
import type { Flow, HeaderFields, ServerTransaction, SipRequest, SipUri } from "../sip/user-agent.ts";

/** Where a phone is reached. */
export interface PhoneContact {
  /** The remote target: the Contact as the phone registered it. */
  readonly uri: SipUri;
  /** RFC 3327: the Path as Route header values, from the top; empty for a phone that registered directly. */
  readonly route: readonly string[];
  /** Use this one in place of resolving anything; absent: send to the topmost route or to `uri`. */
  readonly flow?: Flow;
  readonly phoneUsername: string;
  /** Preference from 0 to 1. */
  readonly q: number;
}

/** A request that proved to be a phone's. */
export interface PhoneIdentity {
  readonly line: Line;
  readonly username: string;
}

/** What to answer a request that did not prove whose it is: 401 with challenges, or 403. */
export interface IdentityRefusal {
  readonly status: 401 | 403;
  readonly headers: HeaderFields;
}

export class Phones {
  /** The phones of a line that are registered now, the most preferred first. */
  contactsOf(_lineId: string): readonly PhoneContact[] {
    return [];
  }

  countOf(lineId: string): number {
    return this.contactsOf(lineId).length;
  }

  /** Whether a request comes by a flow that a registered phone holds, or by which one proved itself lately. */
  recognises(_flow: Flow): boolean {
    return false;
  }

  /** Judges the credentials of a request outside a dialog. To be asked once a transaction: a nonce count holds once. */
  identify(_request: SipRequest, _flow: Flow): Result<PhoneIdentity, IdentityRefusal> {
    return { ok: false, failure: { status: 403, headers: [] } };
  }

  /** Answers a REGISTER. */
  receiveRegister(_transaction: ServerTransaction, _request: SipRequest, _flow: Flow): void {}

  /** A connection closed. */
  flowClosed(_flow: Flow): void {}

  /** Tells when a line's phones have changed. Returns the way to stop. */
  onChange(_listener: (lineId: string) => void): () => void {
    return () => {};
  }

  /** Idempotent. */
  close(): void {}
}
