import type { Evidence, Profile, ProfileKey, ProfileValues } from "./profile.ts";

/** A value with how it is known. */
export interface Claim<Value> {
  readonly value: Value;
  readonly evidence: Evidence;
}

export type Claims = { readonly [Key in ProfileKey]?: Claim<NonNullable<ProfileValues[Key]>> };

/** Shown by a test of this project against the PBX itself; `file` is the test's, from the project's folder. */
export function tested<const Value>(value: Value, file: string): Claim<Value> {
  return { value, evidence: { level: "tested", source: file } };
}

/** Said by this source: title and section, or who tried what, with version and date. */
export function documented<const Value>(value: Value, source: string): Claim<Value> {
  return { value, evidence: { level: "documented", source } };
}

/** The careful guess: no source says so. */
export function assumed<const Value>(value: Value): Claim<Value> {
  return { value, evidence: { level: "assumed" } };
}

/** A profile that has `basis`'s values and evidence, but for what it claims itself. */
export function defineProfile(
  basis: ProfileValues & Pick<Profile, "evidence">,
  { id, name, remarks, claims }: Pick<Profile, "id" | "name" | "remarks"> & { readonly claims: Claims },
): Profile {
  return {
    ...basis,
    ...valuesOf(claims),
    id,
    name,
    remarks,
    evidence: { ...basis.evidence, ...evidenceOf(claims) },
  };
}

/** The values alone, of which all that are claimed are there. */
export function valuesOf<Made extends Claims>(claims: Made): ValuesOf<Made> {
  // Key by key what the type says and TypeScript cannot follow.
  return Object.fromEntries(Object.entries(claims).map(([key, { value }]) => [key, value])) as ValuesOf<Made>;
}

export function evidenceOf(claims: Claims): Profile["evidence"] {
  return Object.fromEntries(Object.entries(claims).map(([key, { evidence }]) => [key, evidence]));
}

type ValuesOf<Made extends Claims> = {
  readonly [Key in keyof Made]: Made[Key] extends Claim<infer Value> ? Value : never;
};
