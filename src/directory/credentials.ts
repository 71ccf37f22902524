/** How secrets become what is kept of them. A port, since `accounts/` knows how and the directory may not know it. */
export interface Credentials {
  /** Slow by design, and salted. */
  hashPassword(password: string): Promise<string>;
  /** Whether this password made that hash. */
  passwordMatches(password: string, hash: string): Promise<boolean>;
  /** Quick and the same each time: token secrets are long and random. */
  hashSecret(secret: string): string;
}
