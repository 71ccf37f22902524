/** What makes careless parsers quadratic: header field values of about that many octets. */
export function nastyRuns(octets: number): Readonly<Record<string, string>> {
  const run = (unit: string): string => unit.repeat(Math.floor(octets / unit.length));
  return {
    "escaped quotes": `"${run('\\"')}`,
    "opening brackets": run("<"),
    "empty parameters": run(";"),
    parameters: `<sip:a@b>${run(";a")}`,
    "folded blanks": `<sip:a@b>${run("\r\n ")}x`,
    escapes: `<sip:${run("%41")}@b>`,
    commas: run(","),
    addresses: run("<sip:a@b>,"),
    "at signs": `<sip:${run("@")}>`,
    digits: run("9"),
    colons: `<sip:[${run(":")}]>`,
    base64: `Digest response="${run("YWJj")}"`,
  };
}

/** The fields that are read on the way of an INVITE to its decision, and those whose grammar is the richest. */
export const nastyFields = [
  "From",
  "To",
  "Contact",
  "CSeq",
  "Diversion",
  "History-Info",
  "P-Asserted-Identity",
  "Authorization",
] as const;
