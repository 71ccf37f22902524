import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Capture } from "./capture.ts";
import { loopbackAddress } from "./loopback-address.ts";
import { Office, type OfficeOptions } from "./office.ts";

const lines = { "101": "refusing", "102": "refusing", "103": "refusing", "104": "refusing" } as const;

describe("lines at a Kamailio that comes and goes", { concurrency: true }, () => {
  for (const transport of ["udp", "tcp"] as const) {
    test(`one that was killed and started again gets all lines back, by ${transport}, and calls arrive`, async () => {
      await inOffice({ lines, phones: [], transport }, async (office) => {
        const { kamailio, divert } = office;
        await divert.forward("103", "always/all", "+4989777888");
        await kamailio.kill();
        await kamailio.start();
        assert.deepEqual(await kamailio.contacts("103"), []);
        const capture = await Capture.start(office.pbx.address);
        try {
          // Two lines ask for their bindings every 30 s.
          await divert.until(() => office.areLinesRegistered(), 60_000);
          assert.match(divert.log, /PBX has lost its bindings/);
          assert.equal((await office.callFromOutside("103")).answeredBy, "trunk");

          // The new Kamailio does not know the nonces of the old one.
          const { messages } = await capture.finish();
          const answers = messages.filter(
            ({ method, status }) => method === "REGISTER" && status !== undefined,
          );
          assert.equal(answers[0]?.status, 401);
        } finally {
          await capture.close();
        }
      });
    });

    test(`SIGTERM takes all lines off the PBX, by ${transport}, and ends with status 0`, async () => {
      await inOffice({ lines, phones: [], transport }, async ({ kamailio, divert }) => {
        assert.deepEqual(await divert.stop(), { code: 0, signal: null });
        for (const line of Object.keys(lines)) assert.deepEqual(await kamailio.contacts(line), []);
      });
    });
  }

  test("a restart of Divert leaves one contact a line, the same as before", async () => {
    await inOffice({ lines, phones: [] }, async (office) => {
      const { kamailio, divert } = office;
      const before = await kamailio.contacts("101");
      await divert.kill();
      await divert.restart();
      await divert.until(async () => (await office.registrationOf("101")).state === "registered");
      assert.equal(before.length, 1);
      assert.deepEqual(await kamailio.contacts("101"), before);
    });
  });

  test("a Divert that was killed and is started at another address leaves no contact at the old one", async () => {
    await inOffice({ lines, phones: [] }, async ({ kamailio, divert, divertAddress }) => {
      const [before = ""] = await kamailio.contacts("102");
      assert.ok(before.includes(`@${divertAddress}:`));
      await divert.kill();
      const elsewhere = loopbackAddress();
      await divert.restart([`udp://${elsewhere}:5060`]);
      await divert.until(
        async () => (await kamailio.contacts("102")).join() === before.replace(divertAddress, elsewhere),
      );
    });
  });

  test("a nonce that has expired is replaced without the line being off for a moment", async () => {
    await inOffice(
      { lines: { "101": "refusing" }, phones: [], expires: 8, nonceSeconds: 1 },
      async (office) => {
        const capture = await Capture.start(office.pbx.address);
        try {
          await office.refreshed("101", ({ state }) => assert.equal(state, "registered"));
          assert.equal((await office.kamailio.contacts("101")).length, 1);
          const { messages } = await capture.finish();
          const statuses = messages.filter(({ method }) => method === "REGISTER").map(({ status }) => status);
          assert.deepEqual(statuses.slice(-4), [undefined, 401, undefined, 200]);
        } finally {
          await capture.close();
        }
      },
    );
  });
});

async function inOffice(options: OfficeOptions, story: (office: Office) => Promise<void>): Promise<void> {
  const office = await Office.open(options);
  try {
    await story(office);
  } finally {
    await office.close();
  }
}
