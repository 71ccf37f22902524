import { hash, timingSafeEqual } from "node:crypto";
import type { Token } from "../directory/directory-store.ts";
import type { Role } from "../directory/installation.ts";

/** Whom a bearer token speaks for. A token belongs to no line: an administrator's may change all, others none. */
export interface TokenIdentity {
  readonly name: string;
  readonly role: Role;
  readonly lines: readonly string[];
}

/** SHA-256 in hexadecimal: a token's secret is long and random, nothing slower is needed. */
export function hashSecret(secret: string): string {
  return hash("sha256", secret, "hex");
}

/** Checks bearer tokens against those that the directory knows at the moment. */
export class TokenCheck {
  readonly #directory: { tokens(): Iterable<Token> };

  constructor(directory: { tokens(): Iterable<Token> }) {
    this.#directory = directory;
  }

  /** Undefined for a secret that is no token's. Every token is compared in full, so the time tells nothing. */
  check(secret: string): TokenIdentity | undefined {
    const presented = Buffer.from(hashSecret(secret), "hex");
    let found: Token | undefined;
    for (const token of this.#directory.tokens()) {
      const kept = Buffer.from(token.secretHash, "hex");
      if (kept.length === presented.length && timingSafeEqual(kept, presented)) found = token;
    }
    return found && { name: found.name, role: found.role, lines: [] };
  }
}
