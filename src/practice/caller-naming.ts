import type { NameAddr, SipRequest } from "../sip/user-agent.ts";
import { serializeNameAddr } from "../sip/user-agent.ts";
import type { PracticeSettings } from "./practice-settings.ts";

/** Who calls, as the PBX knows it for sure: by password, or by the trunk. */
export interface PracticeCaller {
  readonly origin: "inside" | "outside";
  /** Extension or number; `anonymous` where the trunk tells none. */
  readonly number: string;
  readonly name?: string;
}

export interface CallerNames {
  /** The From of the call to the line, without a tag. */
  readonly from: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** RFC 3325 §5, or the older way: how the line is told who calls. */
export function nameCaller(
  caller: PracticeCaller,
  original: SipRequest,
  way: PracticeSettings["namesCallersBy"],
  domain: string,
): CallerNames {
  const user = encodeURIComponent(caller.number).replace(/^%2B/, "+");
  const uri = caller.number === "anonymous" ? "sip:anonymous@anonymous.invalid" : `sip:${user}@${domain}`;
  const identity = serializeNameAddr({ displayName: caller.name, uri, parameters: new Map() });
  if (way === "From" || caller.number === "anonymous") return { from: identity, headers: [] };
  return { from: withoutTag(original.from), headers: [["P-Asserted-Identity", identity]] };
}

function withoutTag({ displayName, uri }: NameAddr): string {
  return serializeNameAddr({ displayName, uri, parameters: new Map() });
}
