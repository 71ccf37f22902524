/** CHECKS C04: whether a wrong password takes the same time for a number that has a phone and for one that has none. */
import { systemRandom } from "../src/base/random.ts";
import { systemClock } from "../src/base/clock.ts";
import { DigestClient } from "../src/sip/auth/digest-client.ts";
import { DigestServer } from "../src/sip/auth/digest-server.ts";
import { createRequest, createResponse } from "../src/sip/message/build.ts";
import { parseMessage } from "../src/sip/message/parse.ts";
import { serializeMessage } from "../src/sip/message/serialize.ts";

const passwords = new Map(Array.from({ length: 200 }, (_, index) => [String(1000 + index), "a password"]));
const server = new DigestServer({
  clock: systemClock,
  random: systemRandom,
  realm: "divert",
  findPassword: (username) => passwords.get(username),
});

const wires = new Map(
  Array.from({ length: 1000 }, (_, index) => String(1000 + index)).map((user) => [user, wrongAnswer(user)]),
);
const times = { real: [] as number[], unreal: [] as number[] };
for (let round = 0; round < 60; round++) {
  for (const [user, wire] of wires) {
    const begun = performance.now();
    const parsed = parseMessage(wire);
    if (!parsed.ok || parsed.value.kind !== "request") throw new Error("it was not understood");
    const { kind } = server.judge(parsed.value, "Authorization");
    const micros = (performance.now() - begun) * 1000;
    if (kind !== "wrong") throw new Error(`it is ${kind}`);
    // The first rounds warm up.
    if (round >= 10) times[passwords.has(user) ? "real" : "unreal"].push(micros);
  }
}
for (const [kind, taken] of Object.entries(times)) {
  const sorted = taken.sort((one, other) => one - other);
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1);
  console.log(`${kind.padEnd(7)} median ${at(0.5)} µs, p10 ${at(0.1)} µs, p90 ${at(0.9)} µs`);
}

function wrongAnswer(user: string): Buffer {
  const aor = `<sip:${user}@divert.example>`;
  const request = createRequest({
    method: "REGISTER",
    requestUri: "sip:divert.example",
    from: `${aor};tag=1`,
    to: aor,
    callId: user,
    cseq: 1,
  });
  const headers = server.challenges(false).map((value) => ["WWW-Authenticate", value] as const);
  const challenge = createResponse(request, 401, undefined, { headers });
  const client = new DigestClient({ username: user, password: "a wrong one" }, systemRandom);
  const answered = client.answer(challenge, request, true);
  if (!answered.ok) throw new Error(answered.failure);
  answered.value.headers.prepend("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1");
  return serializeMessage(answered.value);
}
