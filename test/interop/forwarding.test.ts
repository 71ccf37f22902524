import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { colleague, Office } from "./office.ts";

/** Who calls, whether the line is in a call already, and who answers; a number is the code that the caller gets. */
type Case = readonly [from: "inside" | "outside", line: "idle" | "busy", outcome: string | number];

interface Story {
  readonly line: string;
  readonly rules: Readonly<Record<string, string>>;
  readonly cases: readonly Case[];
}

const stories: readonly Story[] = [
  {
    line: "101",
    rules: { "always/all": "201" },
    cases: [
      ["inside", "idle", "201"],
      ["outside", "idle", "201"],
    ],
  },
  {
    line: "102",
    rules: { "always/internal": "201" },
    cases: [
      ["inside", "idle", "201"],
      ["outside", "idle", 480],
    ],
  },
  {
    line: "103",
    rules: { "always/external": "202" },
    cases: [
      ["inside", "idle", 480],
      ["outside", "idle", "202"],
    ],
  },
  {
    line: "104",
    rules: { "always/internal": "201", "always/external": "+4989777888", "always/all": "202" },
    cases: [
      ["inside", "idle", "201"],
      ["outside", "idle", "trunk"],
    ],
  },
  {
    line: "111",
    rules: { "busy/all": "201" },
    cases: [
      ["inside", "busy", "201"],
      ["outside", "busy", "201"],
    ],
  },
  {
    line: "112",
    rules: { "busy/internal": "201" },
    cases: [
      ["inside", "busy", "201"],
      ["outside", "busy", 486],
    ],
  },
  {
    line: "113",
    rules: { "busy/external": "202" },
    cases: [
      ["inside", "busy", 486],
      ["outside", "busy", "202"],
    ],
  },
  {
    line: "114",
    rules: { "always/internal": "201", "busy/external": "+4989777888", "busy/all": "202" },
    cases: [
      ["inside", "idle", "201"],
      ["inside", "busy", "201"],
      ["outside", "busy", "trunk"],
    ],
  },
];

/** Lines from 110 on ring where no rule fits, which makes them busy. */
const lines = Object.fromEntries(
  ["105", "106", "107", ...stories.map(({ line }) => line)].map(
    (line) => [line, line < "110" ? "refusing" : "ringing"] as const,
  ),
);

for (const transport of ["udp", "tcp"] as const) {
  describe(`calls that Kamailio brings by ${transport}`, () => {
    let office: Office;

    before(async () => {
      office = await Office.open({ lines, phones: ["201", "202", "front.desk"], transport });
    });
    after(() => office.close());

    for (const { line, rules, cases } of stories) {
      const sentence = Object.entries(rules).map(
        ([rule, target]) => `${rule.replace("/", " ")} to ${target}`,
      );
      test(`${line} forwards ${sentence.join(", ")}`, async () => {
        for (const [rule, target] of Object.entries(rules)) await office.divert.forward(line, rule, target);
        const isBusyTold = cases.some(([, state]) => state === "busy");
        for (const [from, , outcome] of cases.filter(([, state]) => state === "idle")) {
          assert.equal(await call(from, line), outcome, `from ${from}, idle`);
        }
        if (!isBusyTold) return;
        const ringing = await office.ringFromOutside(line);
        for (const [from, , outcome] of cases.filter(([, state]) => state === "busy")) {
          assert.equal(await call(from, line), outcome, `from ${from}, busy`);
        }
        await ringing.giveUp();
        // Idle again: the next caller hears it ring, and is not forwarded.
        await (await office.ringFromOutside(line)).giveUp();
      });
    }

    test("the target sees who forwarded the call, and why", async () => {
      await office.divert.forward("101", "always/all", "201");
      const before = (await office.callsAt("201")).length;
      await call("inside", "101");
      const invite = (await office.callsAt("201"))[before] ?? "";
      assert.match(invite, /^Diversion: <sip:101@pbx\.example>;reason=unconditional;counter=1\r?$/m);
      assert.match(invite, new RegExp(`^From: .*<sip:${colleague}@`, "m"));

      const ringing = await office.ringFromOutside("111");
      await call("outside", "111");
      await ringing.giveUp();
      const forwardedAsBusy = (await office.callsAt("201")).at(-1) ?? "";
      assert.match(forwardedAsBusy, /^Diversion: <sip:111@pbx\.example>;reason=user-busy;counter=1\r?$/m);
    });

    test("a rule holds for the very next call, and so does its end", async () => {
      for (const target of ["201", "202", "+4989777888"]) {
        await office.divert.forward("105", "always/all", target);
        assert.equal(await call("inside", "105"), target.startsWith("+") ? "trunk" : target);
      }
      await office.divert.removeForwarding("105", "always/all");
      assert.equal(await call("inside", "105"), 480);
    });

    test("a call goes on from line to line, and ends where two send it to each other", async () => {
      await office.divert.forward("106", "always/all", "107");
      await office.divert.forward("107", "always/all", "201");
      const { length } = await office.callsAt("201");
      assert.equal(await call("outside", "106"), "201");
      const invite = (await office.callsAt("201"))[length] ?? "";
      assert.match(invite, /^Diversion: <sip:107@pbx\.example>;reason=unconditional;counter=1\r?$/m);

      // This Kamailio passes on the latest diversion alone: that 106 has had the call before is for Divert to remember.
      await office.divert.forward("107", "always/all", "106");
      assert.equal(await call("outside", "106"), 480);
    });

    test("a target may be a name", async () => {
      await office.divert.forward("105", "always/all", "sip:front.desk@pbx.example");
      assert.equal(await call("outside", "105"), "front.desk");
    });

    test("a colleague who calls anonymously is internal by what the PBX asserts", async () => {
      await office.divert.forward("102", "always/internal", "201");
      const anonymous = `"Anonymous" <sip:anonymous@anonymous.invalid>`;
      assert.equal((await office.callFromInside("102", anonymous)).answeredBy, "201");
    });

    /** Who answered; the code where nobody did. Whoever answered is the only one whom the call has reached. */
    async function call(from: "inside" | "outside", line: string): Promise<string | number> {
      const before = await reached();
      const report = await (from === "inside" ? office.callFromInside(line) : office.callFromOutside(line));
      const { answeredBy } = report;
      assert.deepEqual(
        await reached(),
        before.map(([target, calls]) => [target, target === answeredBy ? calls + 1 : calls]),
      );
      return answeredBy ?? report.finalStatus;
    }

    async function reached(): Promise<[target: string, calls: number][]> {
      const targets = ["201", "202", "front.desk", "trunk"];
      return Promise.all(
        targets.map(async (target): Promise<[string, number]> => [
          target,
          (await office.callsAt(target)).length,
        ]),
      );
    }
  });
}
