/** How lines stand, as the API tells it: what `lines/` knows, with times and reasons for people. */
import type { Lines } from "../lines/lines.ts";
import type { Line } from "../lines/line.ts";
import type { Phones } from "../phones/phones.ts";
import type { LineState, LineStates, RegisteredPhone } from "./application.ts";

type PhonesOfLines = Pick<Phones, "countOf" | "listOf">;

export function createLineStates(lines: Pick<Lines, "find">, phones: PhonesOfLines): LineStates {
  return {
    stateOf(lineId) {
      const line = lines.find(lineId);
      return line === undefined ? undefined : describeLineState(line, phones);
    },
    phonesOf: (lineId) =>
      phones.listOf(lineId).map(({ expiresAt, ...phone }): RegisteredPhone => {
        return { ...phone, expiresAt: new Date(expiresAt).toISOString() };
      }),
  };
}

export function describeLineState(
  { id, registration, callsInProgress }: Line,
  phones: Pick<Phones, "countOf">,
): LineState {
  const { state, since, expiresAt, failure } = registration;
  return {
    registration: {
      state,
      since: new Date(since).toISOString(),
      ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }),
      ...(failure !== undefined && { reason: sentence(failure) }),
    },
    calls: callsInProgress,
    phones: phones.countOf(id),
  };
}

type Failure = NonNullable<Line["registration"]["failure"]>;

const reasons: Readonly<Record<Failure["code"], string>> = {
  refused: "The PBX refuses the registration",
  "wrong-credentials": "The PBX does not accept the user name or password",
  "unknown-realm": "The PBX asks for a password for another realm than the configured or learned one",
  "no-known-algorithm": "The PBX asks for a kind of authentication that Divert does not know",
  "foreign-challenge": "The password was asked for from an address that is none of the PBX's",
  "foreign-redirect": "The PBX sends the registration to a host that is not accepted",
  "not-bound": "The PBX accepted the registration for no time at all",
  failed: "The PBX failed",
  unavailable: "The PBX is unavailable",
  timeout: "The PBX does not answer",
  unreachable: "The PBX cannot be reached",
  "binding-lost": "The PBX lost the registration; it is made anew",
};

function sentence({ code, status, detail }: Failure): string {
  const particulars = [status, detail].filter((part) => part !== undefined && part !== "").join(" ");
  return particulars === "" ? `${reasons[code]}.` : `${reasons[code]} (${particulars}).`;
}
