import { invalidVectors } from "./rfc4475-invalid.ts";
import { semanticVectors } from "./rfc4475-semantics.ts";
import { validVectors } from "./rfc4475-valid.ts";
import type { Vector } from "./vector.ts";

/** RFC 4475: the 49 torture messages, in its order. */
export const rfc4475: readonly Vector[] = [...validVectors, ...invalidVectors, ...semanticVectors];
