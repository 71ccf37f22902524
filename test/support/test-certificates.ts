import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CertificateFiles } from "../../src/sip/transport/certificates.ts";

/** Certificates that openssl makes for one test and signs with themselves, in a folder that goes with it. */
export class TestCertificates {
  readonly folder = mkdtempSync(join(tmpdir(), "divert-certificates-"));

  constructor(context: { after(cleanUp: () => void): void }) {
    context.after(() => rmSync(this.folder, { recursive: true }));
  }

  /**
   * `names` as subjectAltName has them, `DNS:pbx.example`, `URI:sip:pbx.example`, `IP:127.0.0.1`; none: the common name
   * alone says whose it is. Making a file's name again replaces what is there.
   */
  make(file: string, commonName: string, ...names: string[]): CertificateFiles {
    const certificate = join(this.folder, `${file}.pem`);
    const key = join(this.folder, `${file}.key`);
    const extension = names.length === 0 ? [] : ["-addext", `subjectAltName=${names.join(",")}`];
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
    const subject = ["-subj", `/CN=${commonName}`, ...extension, "-keyout", key, "-out", certificate];
    execFileSync("openssl", ["req", "-x509", ...kind, ...subject], { stdio: "ignore" });
    return { certificate, key };
  }
}

/** As `node:tls` wants them. */
export function readPair({ certificate, key }: CertificateFiles): { cert: string; key: string } {
  return { cert: readFileSync(certificate, "utf8"), key: readFileSync(key, "utf8") };
}
