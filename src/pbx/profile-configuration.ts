import type { Evidence, Profile, ProfileKey, ProfileValues } from "./profile.ts";

/** A profile that an installation has written for itself: one of Divert's own with other values. */
export interface ProfileConfiguration {
  /** None of Divert's own has it. */
  readonly id: string;
  /** Absent: the id. */
  readonly name?: string;
  /** Id of the profile of Divert's that it starts from. */
  readonly basedOn: string;
  /** Where the values were read or seen. */
  readonly source?: string;
  /** What it has otherwise. */
  readonly values: Partial<ProfileValues>;
}

/** The profile that is meant, on what it is based. */
export function makeProfile({ id, name, source, values }: ProfileConfiguration, basis: Profile): Profile {
  return {
    ...configure(basis, values, source),
    id,
    name: name ?? id,
    remarks: [`Based on ${basis.name}.`, ...basis.remarks],
  };
}

/** A profile with values that the configuration has in their place. */
export function configure(profile: Profile, values: Partial<ProfileValues>, source?: string): Profile {
  return withValues(profile, values, { level: "configured", ...(source !== undefined && { source }) });
}

/** A profile with some values in place of its own, known in that way. */
export function withValues(profile: Profile, values: Partial<ProfileValues>, evidence: Evidence): Profile {
  const keys = Object.keys(values) as ProfileKey[];
  if (keys.length === 0) return profile;
  return {
    ...profile,
    ...values,
    evidence: { ...profile.evidence, ...Object.fromEntries(keys.map((key) => [key, evidence])) },
  };
}
