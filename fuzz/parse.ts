/*
 * Throws mutants of all torture messages at the parser: `node fuzz/parse.ts [--seconds 60] [--seed 1] [--iterations N]`.
 * A finding is printed with the seed and iteration that repeat it; the exit status is then 1.
 */
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { createResponse } from "../src/sip/message/build.ts";
import { readAuthorization, readChallenges } from "../src/sip/message/challenge.ts";
import { readContacts } from "../src/sip/message/contact.ts";
import { readDiversions } from "../src/sip/message/diversion.ts";
import { readExpires, readRetryAfter } from "../src/sip/message/durations.ts";
import { readHistoryInfo } from "../src/sip/message/history-info.ts";
import { readPAssertedIdentity, readPrivacy, readRemotePartyId } from "../src/sip/message/identity.ts";
import type { SipMessage } from "../src/sip/message/message.ts";
import { isKeepAlive, parseMessage } from "../src/sip/message/parse.ts";
import { StreamParser } from "../src/sip/message/parse-stream.ts";
import { readReasons } from "../src/sip/message/reason.ts";
import { readReplaces } from "../src/sip/message/replaces.ts";
import { readRoutes } from "../src/sip/message/routes.ts";
import { serializeMessage } from "../src/sip/message/serialize.ts";
import { rfc4475 } from "../test/vectors/rfc4475.ts";
import { rfc5118 } from "../test/vectors/rfc5118.ts";
import { mutate, seededNumbers } from "./mutate.ts";

/** No message may hold up the event loop longer than this. */
const slowMs = 100;

export interface FuzzBounds {
  readonly seed: number;
  readonly iterations: number;
  readonly seconds: number;
}

export interface FuzzReport {
  readonly iterations: number;
  /** How many mutants were still messages: a fuzzer whose mutants all die at the door finds nothing. */
  readonly parsed: number;
  readonly slowestMs: number;
  readonly finding?: string;
}

/** Runs until an iteration fails or a bound is reached. */
export function fuzzParser(bounds: FuzzBounds): FuzzReport {
  const seeds = [...rfc4475, ...rfc5118].map((vector) => vector.bytes);
  const next = seededNumbers(bounds.seed);
  const end = performance.now() + bounds.seconds * 1000;
  let iterations = 0;
  let parsed = 0;
  let slowestMs = 0;
  for (; iterations < bounds.iterations && performance.now() < end; iterations++) {
    const seed = seeds[next() % seeds.length] ?? Buffer.alloc(0);
    const other = seeds[next() % seeds.length] ?? seed;
    const mutant = mutate(seed, other, next);
    const started = performance.now();
    try {
      if (examine(mutant, next)) parsed++;
    } catch (error) {
      const finding = `${String(error)}\nseed ${bounds.seed}, iteration ${iterations}\n${JSON.stringify(mutant.toString("latin1"))}`;
      return { iterations, parsed, slowestMs, finding };
    }
    const tookMs = performance.now() - started;
    // What is slow once may be the machine; what is slow again is the message.
    if (tookMs > slowestMs) slowestMs = Math.max(slowestMs, Math.min(tookMs, timeAgain(mutant, next)));
  }
  return { iterations, parsed, slowestMs };
}

function timeAgain(mutant: Buffer, next: () => number): number {
  const started = performance.now();
  examine(mutant, next);
  return performance.now() - started;
}

/** All that a server does with octets; throws where a promise of the parser does not hold. */
function examine(bytes: Buffer, next: () => number): boolean {
  isKeepAlive(bytes);
  const cut = next() % (bytes.length + 1);
  const stream = new StreamParser();
  for (const event of [...stream.push(bytes.subarray(0, cut)), ...stream.push(bytes.subarray(cut))]) {
    if (event.kind === "message") readAll(event.message);
  }

  const result = parseMessage(bytes);
  if (!result.ok) {
    const { respondable, status } = result.failure;
    if (respondable !== undefined)
      serializeMessage(createResponse(respondable, status ?? 400, undefined, { toTag: "t" }));
    return false;
  }
  const message = result.value;
  readAll(message);
  const again = parseMessage(serializeMessage(message));
  if (!again.ok) throw new Error(`what was serialized does not parse: ${again.failure.reason}`);
  if (!serializeMessage(again.value).equals(serializeMessage(message)))
    throw new Error("the round trip differs");
  if (message.kind === "request") {
    const response = parseMessage(serializeMessage(createResponse(message, 302, undefined, { toTag: "t" })));
    if (!response.ok) throw new Error(`the response does not parse: ${response.failure.reason}`);
  }
  return true;
}

/** Reads all that can be read; the door promised that none of it throws. */
function readAll(message: SipMessage): void {
  const read = [
    message.vias,
    message.from,
    message.to,
    message.callId,
    message.cseq,
    message.fromTag,
    message.toTag,
  ];
  if (read.length === 0 || message.topVia === undefined)
    throw new Error("a message without Via was handed up");
  if (message.kind === "request") read.push(message.uri?.host, String(message.maxForwards));
  readContacts(message);
  for (const header of ["Route", "Record-Route", "Path", "Service-Route"] as const)
    readRoutes(message, header);
  for (const header of ["Authorization", "Proxy-Authorization"] as const) readAuthorization(message, header);
  readChallenges(message);
  readDiversions(message);
  readHistoryInfo(message);
  readPAssertedIdentity(message);
  readRemotePartyId(message);
  readPrivacy(message);
  readReasons(message);
  readReplaces(message);
  readExpires(message);
  readRetryAfter(message);
}

function main(): void {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "60" },
      seed: { type: "string", default: "1" },
      iterations: { type: "string", default: "Infinity" },
    },
  });
  const report = fuzzParser({
    seed: Number(values.seed),
    iterations: Number(values.iterations),
    seconds: Number(values.seconds),
  });
  console.log(report);
  if (report.finding !== undefined || report.slowestMs > slowMs) process.exitCode = 1;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) main();
