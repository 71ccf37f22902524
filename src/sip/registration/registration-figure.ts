import { backoffDelayMs } from "../../base/backoff.ts";
import { contactExpires, readContacts } from "../message/contact.ts";
import { readExpires } from "../message/durations.ts";
import type { SipResponse } from "../message/message.ts";
import type { NameAddr } from "../message/name-addr.ts";
import { to } from "../transaction/machine.ts";
import type { Figure } from "../transaction/machine.ts";
import type { ContactAddress } from "./contact-address.ts";
import {
  contactUri,
  findOwnContact,
  findStrayContacts,
  isSameAddress,
  leadsTo,
  observedAddress,
} from "./contact-address.ts";
import { boundedExpiresSeconds, refreshDelayMs } from "./refresh-time.ts";
import type { RegisterVerdict } from "./register-exchange.ts";
import type { Registration } from "./registration.ts";
import { isRegistrarDown } from "./registration-failure.ts";
import type { RegistrationFailure } from "./registration-failure.ts";

/**
 * `waiting`: for its turn, or until a failed try may be repeated. `querying`: as `registered`, asking whether the
 * registrar still thinks so. `leaving`: a request is under way and the binding goes as soon as it is answered, since
 * RFC 3261 §10.2 allows one at a time.
 */
export type RegistrationState =
  | "unregistered"
  | "waiting"
  | "registering"
  | "registered"
  | "refreshing"
  | "querying"
  | "rejected"
  | "leaving"
  | "unregistering";

export interface RegistrationInputs {
  start: undefined;
  turn: undefined;
  query: undefined;
  accepted: Accepted;
  refused: RegistrationFailure;
  failed: RegistrationFailure;
  expired: undefined;
  "binding lost": undefined;
  close: undefined;
}

type Accepted = Extract<RegisterVerdict, { kind: "accepted" }>;

// RFC 3261 §10.2, with the back-off of RFC 5626 §4.5.
export const figure: Figure<RegistrationState, RegistrationInputs, Registration> = {
  unregistered: {
    start: to("waiting", askForTurn),
  },
  waiting: {
    turn: to("registering", sendRegister),
    close: to("unregistered", tellClosed),
  },
  registering: {
    accepted: to("registered", keepBinding),
    refused: to("rejected", backOff),
    failed: to("waiting", backOff),
    close: to("leaving"),
  },
  registered: {
    turn: to("refreshing", sendRegister),
    query: to("querying", sendQuery),
    expired: to("waiting", dropBinding, askForTurn),
    "binding lost": to("waiting", loseBinding, askForTurn),
    close: to("unregistering", sendRemoval),
  },
  refreshing: {
    accepted: to("registered", keepBinding),
    refused: to("rejected", dropBinding, backOff),
    failed: to("registered", backOff),
    close: to("leaving"),
  },
  querying: {
    accepted: to("registered", tellBindings, askForTurn),
    refused: to("registered", askForTurn),
    failed: to("registered", tellUnanswered, askForTurn),
    close: to("leaving"),
  },
  rejected: {
    turn: to("registering", sendRegister),
    close: to("unregistered", tellClosed),
  },
  leaving: {
    accepted: to("unregistering", sendRemoval),
    refused: to("unregistering", sendRemoval),
    failed: to("unregistered", dropBinding, tellClosed),
  },
  unregistering: {
    accepted: to("unregistered", dropBinding, tellClosed),
    refused: to("unregistered", dropBinding, tellClosed),
    failed: to("unregistered", dropBinding, tellClosed),
  },
};

/** RFC 5626 §4.5: base-time where no flow is left, and max-time. */
const backOffLimits = { baseMs: 30_000, maximumMs: 1_800_000 };
/** Left-over bindings that are removed with one request; more than registrars allow. */
const mostStrays = 10;

export function askForTurn(registration: Registration): void {
  registration.user.wantsTurn(registration.nextTurnAt, registration.binding !== undefined);
}

function sendRegister(registration: Registration): void {
  const { registrar, contactUser } = registration;
  registration.exchange((flow) => {
    const { binding } = registration;
    const address = registrar.contactAddress(flow);
    registration.asked = address;
    const contacts = [`<${contactUri(contactUser, address)}>`];
    // A stale Contact beside the live one swallows calls: the old one goes with the request that brings the new.
    if (binding !== undefined && !isSameAddress(binding.address, address)) {
      contacts.push(`<${contactUri(contactUser, binding.address)}>;expires=0`);
    }
    const strays = (registration.strays ?? []).filter((uri) => !leadsTo(uri, address));
    for (const stray of strays) contacts.push(`<${stray}>;expires=0`);
    return contacts;
  }, registrar.expiresInSeconds);
}

/** RFC 3261 §10.2.3: without Contact nothing changes and all bindings are told. */
function sendQuery(registration: Registration): void {
  registration.exchange(() => [], undefined);
}

/** RFC 3261 §10.2.2 */
function sendRemoval(registration: Registration): void {
  const { registrar, binding, asked, contactUser } = registration;
  registration.exchange((flow) => {
    const address = binding?.address ?? asked ?? registrar.contactAddress(flow);
    return [`<${contactUri(contactUser, address)}>`];
  }, 0);
}

function keepBinding(registration: Registration, { response, expiresInSeconds }: Accepted): void {
  const { registrar, contactUser, asked: address } = registration;
  const contacts = contactsOf(response);
  const own = address === undefined ? undefined : findOwnContact(contacts, contactUser, address);
  // RFC 3261 §10.2.4: our Contact's own parameter, else the header, else what was asked for.
  const told = own === undefined ? undefined : contactExpires(own);
  const granted = boundedExpiresSeconds(told ?? readExpires(response) ?? expiresInSeconds);
  if (granted === 0 || address === undefined) {
    dropBinding(registration);
    backOff(registration, { code: "not-bound", status: response.status, detail: response.reason });
    registration.handle("expired", undefined);
    return;
  }
  const now = registrar.clock.now();
  registration.binding = {
    address,
    expiresAt: now + granted * 1000,
    grantedSeconds: granted,
    isListed: own !== undefined,
  };
  registration.failure = undefined;
  registration.failures = 0;
  const isSwept = sweepStrays(registration, contacts, address);
  registration.dueAt = isSwept ? now + refreshDelayMs(granted, registrar.random) : now;
  askForTurn(registration);
  const seen = observedAddress(response, address);
  if (seen !== undefined && !isSameAddress(seen, address)) registration.user.seenElsewhere(seen);
}

/**
 * What a run that was killed has left at another address would take calls along with it until it runs out. It is removed
 * by one more REGISTER, once: a registrar that keeps it all the same is not asked again. False: one is still to be sent.
 */
function sweepStrays(
  registration: Registration,
  contacts: readonly NameAddr[],
  address: ContactAddress,
): boolean {
  const { strays, contactUser } = registration;
  if (strays === undefined) {
    registration.strays = findStrayContacts(contacts, contactUser, address).slice(0, mostStrays);
    return registration.strays.length === 0;
  }
  registration.strays = [];
  // A registrar that puts the address a request came from into all its contacts has removed ours too.
  return strays.length === 0 || findOwnContact(contacts, contactUser, address) !== undefined;
}

function dropBinding(registration: Registration): void {
  registration.binding = undefined;
}

function loseBinding(registration: Registration): void {
  registration.binding = undefined;
  registration.failure = { code: "binding-lost" };
  registration.dueAt = registration.registrar.clock.now();
}

function backOff(registration: Registration, failure: RegistrationFailure): void {
  const { registrar } = registration;
  registration.failures++;
  registration.failure = failure;
  const delayMs = backoffDelayMs(registration.failures, backOffLimits, registrar.random);
  registration.dueAt = registrar.clock.now() + Math.max(delayMs, failure.retryAfterMs ?? 0);
  askForTurn(registration);
  tellUnanswered(registration, failure);
}

function tellUnanswered(registration: Registration, failure: RegistrationFailure): void {
  if (isRegistrarDown(failure)) registration.user.unanswered(failure, registration.sentAt);
}

function tellBindings(registration: Registration, { response }: Accepted): void {
  const { binding, contactUser } = registration;
  const own = binding && findOwnContact(contactsOf(response), contactUser, binding.address);
  const isPresent = own !== undefined && contactExpires(own) !== 0;
  if (!isPresent) registration.handle("binding lost", undefined);
  registration.user.bindingSeen(isPresent);
}

function tellClosed(registration: Registration): void {
  registration.user.closed();
}

function contactsOf(response: SipResponse): readonly NameAddr[] {
  const contacts = readContacts(response);
  return contacts === undefined || contacts === "*" ? [] : contacts;
}
