/** Numbers that somebody tries: read as a PBX's calls are, and written as its 302 would have them. Nobody is called. */
import { type Fault, Refusal } from "../base/refusal.ts";
import type { Directory, PbxSetup } from "../directory/directory.ts";
import type { ResolvedTarget } from "../numbering/target.ts";
import { type Caller, classifyCaller } from "../numbering/caller-identity.ts";
import type { CanonicalNumber } from "../numbering/canonical-number.ts";
import { explainCaller } from "../numbering/explain-caller.ts";
import { imagineCaller } from "../numbering/imagined-caller.ts";
import { pbxHosts } from "../pbx/hosts.ts";
import { readMarks } from "../pbx/marks.ts";
import { redirectContact } from "../pbx/redirect-contact.ts";

/** A caller as a PBX names it, read as a call would be. */
export interface TriedCaller {
  readonly caller: Caller;
  readonly kind: CanonicalNumber["kind"];
  readonly because: readonly string[];
}

/** A target as somebody types it. */
export interface TriedTarget {
  readonly target: ResolvedTarget;
  /** The URI of the 302's Contact; absent: the PBX is sent none, Divert calls the target itself. */
  readonly contact?: string;
}

/** Any text is read. Without a mark of the PBX, which is no part of a number. */
export function tryCaller(text: string, { pbx, profile, plan }: PbxSetup): TriedCaller {
  const hosts = pbxHosts(pbx);
  const identity = imagineCaller(text, (host) => hosts.has(host));
  const marks = readMarks(profile.marks, () => undefined, identity.user);
  const caller = classifyCaller({
    identities: [identity],
    order: profile.identityHeaders,
    fromOwnPbx: true,
    marks,
    privacy: false,
    plan,
  });
  const user = marks.prefix === undefined ? identity.user : identity.user.slice(marks.prefix.length);
  const { number, rule } = plan.canonicalCaller(user);
  const rewritten =
    rule === undefined
      ? []
      : [`The site's rule “${rule.match}” makes ${number.key || "nothing readable"} of it.`];
  return { caller, kind: number.kind, because: [...rewritten, explainCaller(caller)] };
}

/** Throws `invalid-target` or `target-barred`, with the mend. */
export function tryTarget(
  text: string,
  setup: PbxSetup,
  group: string | undefined,
  directory: Directory,
): TriedTarget {
  const resolved = directory.resolveTarget(text, setup.pbx.id, group);
  if (!resolved.ok) {
    const { code, message, mend } = resolved.failure;
    const fault: Fault = { path: "target", message, ...(mend !== undefined && { mend }) };
    throw new Refusal(code, message, [fault]);
  }
  const target = resolved.value;
  if (target.foreignUri !== undefined) return { target };
  return { target, contact: redirectContact(setup.pbx, setup.profile, target.contactUser) };
}
