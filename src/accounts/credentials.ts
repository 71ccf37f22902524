import type { Credentials } from "../directory/credentials.ts";
import { hashPassword, passwordMatches } from "./passwords.ts";
import { hashSecret } from "./tokens.ts";

/** How the directory hashes what must not be kept in clear. */
export const credentials: Credentials = { hashPassword, passwordMatches, hashSecret };
