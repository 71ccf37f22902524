import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { SeededRandom } from "../../test/support/seeded-random.ts";
import type { Flow } from "../sip/user-agent.ts";
import { DigestClient, createRequest, createResponse } from "../sip/user-agent.ts";
import { Doorkeeper } from "./doorkeeper.ts";

function flowFrom(remoteAddress: string): Flow {
  return {
    protocol: "UDP",
    isReliable: false,
    localAddress: "2001:db8:ffff::1",
    localPort: 5060,
    remoteAddress,
    remotePort: 5060,
    isOpen: true,
    send: () => {},
  };
}

test("whoever guesses from many addresses of one IPv6 /64 is banned in all of it, and nobody beside it", () => {
  const clock = new FakeClock();
  const bans: string[] = [];
  const doorkeeper = new Doorkeeper({
    clock,
    random: new SeededRandom(1),
    findLineByPhone: () => undefined,
    isBound: () => false,
    isHome: () => false,
    onBanned: ({ address }) => bans.push(address),
  });
  const guess = (remoteAddress: string) => {
    const aor = "<sip:101@divert.example>";
    const request = createRequest({
      method: "REGISTER",
      requestUri: "sip:divert.example",
      from: `${aor};tag=1`,
      to: aor,
      callId: "c",
      cseq: 1,
    });
    const challenge = doorkeeper.screen(request, flowFrom(remoteAddress));
    assert.equal(challenge?.status, 401);
    const client = new DigestClient({ username: "101", password: "wrong" }, new SeededRandom(2));
    const response = createResponse(request, 401, undefined, { headers: challenge.headers });
    const answered = client.answer(response, request, true);
    assert.ok(answered.ok);
    clock.advance(4000);
    return doorkeeper.screen(answered.value, flowFrom(remoteAddress))?.status;
  };
  const statuses = Array.from({ length: 20 }, (_, host) => guess(`2001:db8::${host + 1}`));
  assert.deepEqual([statuses[0], statuses.at(-1)], [401, "silence"]);
  assert.deepEqual(bans, ["2001:db8:0:0"]);
  assert.equal(guess("2001:db8:0:1::1"), 401);
});
