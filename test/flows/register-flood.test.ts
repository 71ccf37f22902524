/** CHECKS C06: of a flood of requests without credentials nothing is kept, in memory or on disk, and the others are served. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { acknowledge, cancelOf, place, requestOf, wireOf } from "../support/placed-call.ts";
import { TestPhone } from "../support/test-phone.ts";

const requests = 2000;
const probeEvery = 50;
const probes = requests / probeEvery;

const floods = {
  "one port": { addresses: 1, ports: 1, answers: { REGISTER: 20, OPTIONS: 20, SUBSCRIBE: 20 } },
  "200 ports of one address": {
    addresses: 1,
    ports: 200,
    answers: { REGISTER: 200, OPTIONS: 20, SUBSCRIBE: 20 },
  },
  "200 addresses": { addresses: 200, ports: 1, answers: { REGISTER: 2000, OPTIONS: 500, SUBSCRIBE: 500 } },
} as const;

for (const [from, { addresses, ports, answers }] of Object.entries(floods)) {
  for (const method of ["REGISTER", "OPTIONS", "SUBSCRIBE"] as const) {
    describe(`${requests} ${method} at once from ${from}`, () => {
      it(`get ${answers[method]} answers and leave nothing; calls go on`, async (test) => {
        const under = await DivertUnderTest.start({
          phones: true,
          rules: { "101": { "always/all": "102" } },
        });
        test.after(() => under.close());
        const pbx = await under.raw("UDP");
        const phone = new TestPhone(await under.raw("UDP", { address: loopbackAddress() }), "102");
        assert.equal((await phone.register())?.status, 200);
        await under.pass(64_000);
        const sources = await Promise.all(
          Array.from({ length: addresses }, () => loopbackAddress()).flatMap((address) =>
            Array.from({ length: ports }, () => under.raw("UDP", { address })),
          ),
        );
        const before = await kept(under);

        for (let index = 0; index < requests; index++) {
          const source = sources[index % sources.length] ?? assert.fail();
          // Each with a Call-ID of its own; every tenth names a line that there is.
          const user = `<sip:${100 + (index % 1000)}@host-${index}.example>`;
          const requestUri = `sip:host-${index}.example`;
          await source.send(
            wireOf(requestOf(source, { method, requestUri, to: user, from: `${user};tag=1` })),
          );
          // So that the kernel has room for all of them.
          if (index % probeEvery === probeEvery - 1) await pbx.probe();
        }

        await under.pass(1);
        // A probe is a transaction of the PBX, with its timer.
        const [transactions, timers] = [before.transactions + probes, before.timers + probes];
        assert.deepEqual(await kept(under), { ...before, transactions, timers });
        const statuses = () => sources.flatMap((source) => source.statuses);
        await under.passUntil(() => statuses().length >= answers[method]);
        const expected = { REGISTER: 401, OPTIONS: 200, SUBSCRIBE: 403 }[method];
        assert.deepEqual(
          statuses(),
          Array.from({ length: answers[method] }, () => expected),
        );

        assert.deepEqual((await place(pbx, { requestUri: under.contact("101") })).statuses, [302]);
        const { invite } = await place(pbx, { requestUri: under.contact("102") });
        const rings = () =>
          phone.peer.arrived.some((each) => each.kind === "request" && each.method === "INVITE");
        await phone.peer.until(rings);
        await pbx.exchange(wireOf(cancelOf(invite)));
        const final = pbx.arrived.findLast((each) => each.kind === "response" && each.status === 487);
        assert.ok(final?.kind === "response");
        await acknowledge(pbx, invite, final);
        await under.leavesNothing();
      });
    });
  }
}

/** All that a request could leave: transactions, timers, bindings, and what is on disk. */
async function kept(under: DivertUnderTest) {
  // Without the index of the log of changes, to which readers write.
  const files = (await readdir(under.dataFolder)).filter((file) => !file.endsWith("-shm")).sort();
  const digests = files.map(async (file) => {
    const bytes = await readFile(join(under.dataFolder, file));
    return [file, createHash("sha256").update(bytes).digest("hex")];
  });
  const lines = [...under.divert.lines.all()].map(({ id }) => [id, under.divert.phones.countOf(id)]);
  return {
    transactions: under.transactions,
    timers: under.clock.pending,
    lines,
    files: await Promise.all(digests),
    calls: await under.calls(),
  };
}
