/*
 * Throws mutants of all torture messages at a whole server over UDP and TCP (CHECKS A05), then opens 1,000 connections that
 * announce far more than they send (A06): `node --expose-gc fuzz/server.ts [--mutants 20000] [--seed 1]`. The server runs in
 * this process, so its figures are an upper bound: memory after each part, the longest time that the event loop stood still.
 * Exit status 1 where a bound is broken.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { DivertUnderTest } from "../test/support/divert-under-test.ts";
import { place } from "../test/support/placed-call.ts";
import { RawConnection } from "../test/support/raw-peer.ts";
import { rfc4475 } from "../test/vectors/rfc4475.ts";
import { rfc5118 } from "../test/vectors/rfc5118.ts";
import { mutate, seededNumbers } from "./mutate.ts";

const largestDatagram = 65_507;
const probeEvery = 25;
const greatestGrowthMb = 50;
const longestBlockMs = 100;

const { values } = parseArgs({
  options: { mutants: { type: "string", default: "20000" }, seed: { type: "string", default: "1" } },
});
const next = seededNumbers(Number(values.seed));
const seeds = [...rfc4475, ...rfc5118].map(({ bytes }) => bytes);
const under = await DivertUnderTest.start({ rules: { "101": { "always/all": "102" } } });
const figures: Record<string, number | string> = {};

function mutant(): Buffer {
  const seed = seeds[next() % seeds.length] ?? Buffer.alloc(0);
  const bytes = mutate(seed, seeds[next() % seeds.length] ?? seed, next);
  if (next() % 2 === 0) return bytes;
  // Half of them are for a line, so that they get further than its door.
  const text = bytes.toString("latin1").replace(/sips?:[^ ]+/, () => under.contact("101"));
  return Buffer.from(text, "latin1");
}

/** In megabytes, when all is over that waits for something. */
async function memory(): Promise<number> {
  await under.pass(610_000);
  globalThis.gc?.();
  return process.memoryUsage().rss / 1024 ** 2;
}

async function byUdp(): Promise<void> {
  const peer = await under.rawUdp();
  for (let sent = 1; sent <= Number(values.mutants); sent++) {
    await peer.send(mutant().subarray(0, largestDatagram));
    if (sent % probeEvery !== 0) continue;
    await peer.probe();
    await under.pass(100);
    // What has come is not kept: it is the server's memory that is measured.
    peer.arrived.length = peer.statuses.length = 0;
  }
  peer.close();
}

async function byTcp(): Promise<void> {
  const prober = await under.rawTcp();
  for (let sent = 1; sent <= Number(values.mutants); sent++) {
    // Not one of the fixture's own: it would keep all of them.
    const peer = await RawConnection.open(under.tcp, { address: under.address });
    await peer.send(mutant());
    peer.close();
    if (sent % probeEvery !== 0) continue;
    await prober.probe();
    await under.pass(100);
    prober.arrived.length = prober.statuses.length = 0;
  }
  prober.close();
}

async function byPromises(): Promise<void> {
  const head =
    "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nContent-Length: 262144\r\n\r\n0123456789";
  const peers = [];
  for (let open = 0; open < 1000; open++) {
    const peer = await under.rawTcp();
    await peer.send(head);
    peers.push(peer);
  }
  await under.pass(1000);
  figures["open connections that owe 256 kB"] = peers.filter(({ isClosed }) => !isClosed).length;
  figures["MB with these open"] = Math.round(process.memoryUsage().rss / 1024 ** 2);
  await under.pass(33_000);
  for (const peer of peers) peer.close();
}

// The first round fills caches and has the code compiled; growth is counted from there.
await byUdp();
await byTcp();
await byPromises();
const delay = monitorEventLoopDelay({ resolution: 10 });
const before = await memory();
figures["MB before"] = Math.round(before);
let greatest = before;
for (const [name, part] of Object.entries({ UDP: byUdp, TCP: byTcp, "broken promises": byPromises })) {
  delay.enable();
  const started = performance.now();
  await part();
  delay.disable();
  figures[`${name}: seconds`] = Number(((performance.now() - started) / 1000).toFixed(1));
  const after = await memory();
  greatest = Math.max(greatest, after);
  figures[`${name}: MB afterwards`] = Math.round(after);
}
const longestMs = delay.max / 1e6;
figures["longest block of the event loop, ms"] = Math.round(longestMs);
const { statuses } = await place(await under.raw(), { requestUri: under.contact("101") });
figures["a call afterwards"] = String(statuses);
await under.leavesNothing();
await under.close();
console.table(figures);
if (greatest - before > greatestGrowthMb || longestMs > longestBlockMs || String(statuses) !== "302") {
  process.exitCode = 1;
}
