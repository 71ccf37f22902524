/*
 * How the time to take in a nasty INVITE grows with its size (CHECKS A13): `node bench/growth.ts`. For each kind of run the
 * slowest header field at 8 kB and at 64 kB; eight times the octets may take ten times as long, and none may take 50 ms.
 */
import { readAuthorization } from "../src/sip/message/challenge.ts";
import { readContacts } from "../src/sip/message/contact.ts";
import { readDiversions } from "../src/sip/message/diversion.ts";
import { readHistoryInfo } from "../src/sip/message/history-info.ts";
import { readPAssertedIdentity } from "../src/sip/message/identity.ts";
import { parseMessage } from "../src/sip/message/parse.ts";
import { nastyFields, nastyRuns } from "../test/support/nasty-runs.ts";

const small = 8000;
const large = 64_000;
const rounds = 15;
const greatestRatio = 10;
const slowestMs = 50;

function invite(field: string, value: string): Buffer {
  const head = {
    Via: "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1",
    From: "<sip:a@b>;tag=1",
    To: "<sip:c@d>",
    "Call-ID": "1",
    CSeq: "1 INVITE",
    [field]: value,
  };
  const lines = Object.entries(head).map(([name, text]) => `${name}: ${text}`);
  return Buffer.from(["INVITE sip:c@d SIP/2.0", ...lines, "", ""].join("\r\n"), "latin1");
}

/** The shortest of several takings-in, in milliseconds: what is longer is the machine. */
function timeOf(bytes: Buffer): number {
  let shortest = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    const parsed = parseMessage(bytes);
    if (parsed.ok) {
      readContacts(parsed.value);
      readAuthorization(parsed.value, "Authorization");
      if (parsed.value.kind === "request") {
        readDiversions(parsed.value);
        readHistoryInfo(parsed.value);
        readPAssertedIdentity(parsed.value);
      }
    }
    shortest = Math.min(shortest, performance.now() - start);
  }
  return shortest;
}

const [smallRuns, largeRuns] = [nastyRuns(small), nastyRuns(large)];
const rows = Object.keys(largeRuns).map((run) => {
  const times = nastyFields.map((field) => {
    const [at8kB, at64kB] = [smallRuns[run] ?? "", largeRuns[run] ?? ""].map((text) =>
      timeOf(invite(field, text)),
    );
    return { field, at8kB: at8kB ?? 0, at64kB: at64kB ?? 0 };
  });
  const slowest = times.reduce((one, other) => (other.at64kB > one.at64kB ? other : one));
  return { run, ...slowest, ratio: slowest.at64kB / slowest.at8kB };
});
console.table(
  rows.map(({ run, field, at8kB, at64kB, ratio }) => ({
    run,
    field,
    "8 kB, ms": Number(at8kB.toFixed(3)),
    "64 kB, ms": Number(at64kB.toFixed(3)),
    ratio: Number(ratio.toFixed(1)),
  })),
);
// Below a tenth of a millisecond a ratio says more of the clock than of the parser.
const tooMuch = rows.filter(
  ({ at64kB, ratio }) => at64kB > slowestMs || (at64kB > 0.1 && ratio > greatestRatio),
);
if (tooMuch.length > 0) {
  console.error(`grows too fast: ${tooMuch.map(({ run, field }) => `${run} in ${field}`).join(", ")}`);
  process.exitCode = 1;
}
