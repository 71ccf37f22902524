import type { User } from "../directory/directory-store.ts";
import { hashPassword, passwordMatches } from "./passwords.ts";

/** Checks user names and passwords against those that the directory knows at the moment. */
export class SignIn {
  readonly #directory: { findUser(name: string): User | undefined };
  /** Compared with when there is no such user, so that the time does not tell who exists. */
  #nobodysHash: Promise<string> | undefined;

  constructor(directory: { findUser(name: string): User | undefined }) {
    this.#directory = directory;
  }

  /** The user, or undefined for a wrong name or password alike. */
  async check(name: string, password: string): Promise<User | undefined> {
    const user = this.#directory.findUser(name);
    const hash = user?.passwordHash ?? (await (this.#nobodysHash ??= hashPassword("nobody's")));
    const matches = await passwordMatches(password, hash);
    return matches && user?.passwordHash !== undefined ? user : undefined;
  }
}
