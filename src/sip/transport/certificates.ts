import { X509Certificate, createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { SecureContext } from "node:tls";
import type { Clock, Timer } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import { fail, succeed } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";

/** Paths of PEM files: the certificate with those that lead to its authority, and its key. They may be one file. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** RFC 8996: what is older is not to be spoken. */
export const oldestTls = "TLSv1.2";

/** How often the files are looked at: what renews certificates need tell nobody. */
const checkMs = 10_000;

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

interface Loaded extends KeyPair {
  readonly context: SecureContext;
  readonly certificate: X509Certificate;
}

interface CertificatesOptions {
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Our certificates at one listening point, picked by the name that a client asks for. Files that change are read again;
 * connections that are open keep what they began with, and files that cannot be used leave the old ones in place.
 */
export class Certificates {
  readonly #files: readonly CertificateFiles[];
  readonly #options: CertificatesOptions;
  readonly #listeners: (() => void)[] = [];
  #loaded: readonly [Loaded, ...Loaded[]];
  #complaint: string | undefined;
  #nextCheck: Timer | undefined;
  #isClosed = false;

  private constructor(
    files: readonly CertificateFiles[],
    loaded: readonly [Loaded, ...Loaded[]],
    options: CertificatesOptions,
  ) {
    this.#files = files;
    this.#options = options;
    this.#loaded = loaded;
    this.#warnOfExpiry();
    this.#checkLater();
  }

  /** The failure is the rest of a sentence: which file cannot be used, and why. */
  static async load(
    files: readonly CertificateFiles[],
    options: CertificatesOptions,
  ): Promise<Result<Certificates, string>> {
    const loaded = await loadAll(files);
    return loaded.ok ? succeed(new Certificates(files, loaded.value, options)) : loaded;
  }

  /** For clients that ask for no name or for one that we do not have: the first. */
  get first(): KeyPair {
    const [{ cert, key }] = this.#loaded;
    return { cert, key };
  }

  /** RFC 6066 §3: the certificate for the name that the client asks for. */
  contextFor(name: string): SecureContext {
    const isName = /^[\w.-]+$/.test(name);
    const found = isName && this.#loaded.find(({ certificate }) => certificate.checkHost(name) !== undefined);
    return (found || this.#loaded[0]).context;
  }

  /** Told after each change. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Reads the files again now. Never rejects; what cannot be used is logged. */
  async reload(): Promise<void> {
    const read = await loadAll(this.#files);
    if (this.#isClosed) return;
    if (!read.ok) {
      // Said once: a certificate and its key are replaced one after the other, and in between do not fit.
      if (this.#complaint !== read.failure) {
        this.#options.logger.warn(
          { reason: read.failure },
          "certificates cannot be read again; the old ones stay",
        );
      }
      this.#complaint = read.failure;
      return;
    }
    this.#complaint = undefined;
    if (read.value.every((pair, index) => isSame(pair, this.#loaded[index]))) return;
    this.#loaded = read.value;
    const validTo = read.value.map(({ certificate }) => certificate.validTo);
    this.#options.logger.info(
      { files: this.#files.map((pair) => pair.certificate), validTo },
      "certificates read again",
    );
    this.#warnOfExpiry();
    for (const listener of this.#listeners) listener();
  }

  /** Looks at the files no more. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#nextCheck?.cancel();
  }

  #checkLater(): void {
    this.#nextCheck = this.#options.clock.after(checkMs, () => {
      this.#checkLater();
      void this.reload();
    });
  }

  #warnOfExpiry(): void {
    const now = this.#options.clock.wallTime();
    for (const { certificate } of this.#loaded) {
      if (certificate.validToDate.getTime() > now) continue;
      const { subject, validTo } = certificate;
      this.#options.logger.warn({ subject, validTo }, "certificate has expired");
    }
  }
}

function isSame(one: KeyPair, other: KeyPair | undefined): boolean {
  return one.cert === other?.cert && one.key === other.key;
}

async function loadAll(
  files: readonly CertificateFiles[],
): Promise<Result<readonly [Loaded, ...Loaded[]], string>> {
  const results = await Promise.all(files.map(load));
  const loaded: Loaded[] = [];
  for (const result of results) {
    if (!result.ok) return result;
    loaded.push(result.value);
  }
  const [first, ...others] = loaded;
  return first === undefined ? fail("no certificate is given") : succeed([first, ...others]);
}

async function load(files: CertificateFiles): Promise<Result<Loaded, string>> {
  let at = files.certificate;
  try {
    const cert = await readFile(at, "utf8");
    const certificate = new X509Certificate(cert);
    at = files.key;
    const key = await readFile(at, "utf8");
    if (!certificate.checkPrivateKey(createPrivateKey(key))) {
      return fail(`the key in ${files.key} is not that of the certificate in ${files.certificate}`);
    }
    return succeed({
      cert,
      key,
      certificate,
      context: createSecureContext({ cert, key, minVersion: oldestTls }),
    });
  } catch (error) {
    return fail(`${at} cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
}
