/** CHECKS A06 and A07: what a stream says of its length is not believed, and what has no end is cut off. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { place, requestOf, wireOf } from "../support/placed-call.ts";

let under: DivertUnderTest;
before(async () => {
  under = await DivertUnderTest.start({ rules: { "101": { "always/all": "102" } } });
});
after(async () => {
  const peer = await under.raw("TCP");
  assert.deepEqual((await place(peer, { requestUri: under.contact("101") })).statuses, [302]);
  await under.leavesNothing();
  await under.close();
});

describe("a Content-Length by TCP", () => {
  const lengths: Record<string, { fields: string[]; statuses: number[] }> = {
    "of 4,294,967,295": { fields: ["4294967295"], statuses: [413] },
    "of 2^53 + 1": { fields: ["9007199254740993"], statuses: [400] },
    "of 10^40": { fields: [`1${"0".repeat(40)}`], statuses: [400] },
    "of 10 MB, with ten octets sent": { fields: ["10485760"], statuses: [413] },
    "of -1": { fields: ["-1"], statuses: [400] },
    "of five": { fields: ["five"], statuses: [400] },
    "of 5,6": { fields: ["5,6"], statuses: [400] },
    "of 0x10": { fields: ["0x10"], statuses: [400] },
    "that stands there twice": { fields: ["10", "11"], statuses: [400] },
    "that is missing": { fields: [], statuses: [400] },
  };
  for (const [name, { fields, statuses }] of Object.entries(lengths)) {
    it(`${name} is answered ${String(statuses)}, and the connection closed, a hundred times over`, async () => {
      for (let connection = 0; connection < 100; connection++) {
        const peer = await under.rawTcp();
        const good = wireOf(requestOf(peer, { requestUri: under.contact("101") })).toString("latin1");
        const lines = fields.map((value) => `Content-Length: ${value}\r\n`).join("");
        await peer.send(good.replace("Content-Length: 0\r\n", lines) + "0123456789");
        await peer.whenClosed();
        assert.deepEqual(peer.statuses, statuses);
      }
    });
  }
});

describe("a head without end", () => {
  const chunk = Buffer.alloc(65_536, "a");
  const most = 100 * 1024 * 1024;

  const heads: Record<string, Buffer> = {
    "of header lines": Buffer.from("X-Endless: yes\r\n".repeat(4096), "latin1"),
    "of one header line": chunk,
    "of folded lines": Buffer.from(" x\r\n".repeat(16_384), "latin1"),
  };
  for (const [name, endless] of Object.entries(heads)) {
    it(`${name} is cut off, long before 100 MB have been taken`, async () => {
      const peer = await under.rawTcp();
      const good = wireOf(requestOf(peer, { requestUri: under.contact("101") })).toString("latin1");
      await peer.send(`${good.replace("Content-Length: 0\r\n\r\n", "")}X-First: `);
      let sent = 0;
      while (!peer.isClosed && sent < most) {
        await peer.send(endless);
        sent += endless.length;
        if (sent % (endless.length * 16) === 0) await under.pass(1000);
      }
      assert.ok(peer.isClosed, "closed");
      assert.ok(sent < 20 * 1024 * 1024, `${sent} octets went out`);
      assert.deepEqual(peer.statuses, [513]);
    });
  }
});
