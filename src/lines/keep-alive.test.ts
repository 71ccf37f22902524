import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { SeededRandom } from "../../test/support/seeded-random.ts";
import type { Flow } from "../sip/user-agent.ts";
import { KeepAlive } from "./keep-alive.ts";

function flow(isReliable: boolean): { flow: Flow; sent: string[] } {
  const sent: string[] = [];
  const ends = { localAddress: "192.0.2.7", localPort: 5060, remoteAddress: "192.0.2.10", remotePort: 5060 };
  const send = (bytes: Buffer): void => void sent.push(bytes.toString("hex"));
  return { flow: { protocol: isReliable ? "TCP" : "UDP", isReliable, isOpen: true, ...ends, send }, sent };
}

function start(kind: "none" | "crlf" | "stun"): { clock: FakeClock; keepAlive: KeepAlive } {
  const clock = new FakeClock();
  return { clock, keepAlive: new KeepAlive({ kind, everySeconds: 30, clock, random: new SeededRandom(1) }) };
}

test("a datagram path gets two line ends as often as the profile says, once however many lines answer by it", () => {
  const { clock, keepAlive } = start("crlf");
  const { flow: path, sent } = flow(false);
  for (let line = 0; line < 50; line++) keepAlive.follow(path);
  clock.advance(95_000);
  assert.deepEqual(sent, ["0d0a0d0a", "0d0a0d0a", "0d0a0d0a"]);
  keepAlive.stop();
  clock.advance(60_000);
  assert.equal(sent.length, 3);
});

test("a path that the PBX answers by later takes the place of the one before", () => {
  const { clock, keepAlive } = start("crlf");
  const [first, second] = [flow(false), flow(false)];
  keepAlive.follow(first.flow);
  keepAlive.follow(second.flow);
  clock.advance(30_000);
  assert.deepEqual([first.sent.length, second.sent.length], [0, 1]);
});

test("a STUN keep-alive is a binding request with a transaction of its own each time (RFC 5389 §6)", () => {
  const { clock, keepAlive } = start("stun");
  const { flow: path, sent } = flow(false);
  keepAlive.follow(path);
  clock.advance(60_000);
  assert.equal(sent.length, 2);
  for (const packet of sent) assert.match(packet, /^000100002112a442[0-9a-f]{24}$/);
  assert.notEqual(sent[0], sent[1]);
});

test("nothing is sent where the profile asks for nothing, and nothing by a connection", () => {
  const none = start("none");
  const silent = flow(false);
  none.keepAlive.follow(silent.flow);
  none.clock.advance(600_000);
  const connected = start("crlf");
  const connection = flow(true);
  connected.keepAlive.follow(connection.flow);
  connected.clock.advance(600_000);
  assert.deepEqual([silent.sent, connection.sent], [[], []]);
});
