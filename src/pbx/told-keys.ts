import type { EvidenceLevel, Profile, ProfileKey } from "./profile.ts";

/** One key of a profile as people and programs are told it. */
export interface ToldKey {
  readonly key: ProfileKey;
  readonly value: unknown;
  readonly evidence: EvidenceLevel;
  /** Absent for what is assumed. */
  readonly source?: string;
}

/** All keys that the profile has a value for, each with how it is known; in the order of the generic profile. */
export function toldKeys(profile: Profile): ToldKey[] {
  return (Object.keys(profile.evidence) as ProfileKey[]).flatMap((key): ToldKey[] => {
    const evidence = profile.evidence[key];
    if (evidence === undefined) return [];
    const source = "source" in evidence ? evidence.source : undefined;
    return [{ key, value: profile[key], evidence: evidence.level, ...(source !== undefined && { source }) }];
  });
}
