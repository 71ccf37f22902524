import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import { callers, whens } from "../../src/forwarding/rules.ts";
import { databaseFile } from "../../src/store/sqlite/sqlite-store.ts";
import { Office } from "./office.ts";

const lines = ["101", "102", "103", "104", "105", "106", "107", "108"] as const;
const rules = whens.flatMap((when) => callers.map((whose) => `${when}/${whose}`));

/** One rule as its user knows it; the target is a number of its own for each change, `undefined` where there is no rule. */
interface KnownRule {
  acknowledged: string | undefined;
  /** Sent and not answered yet: may have been done or not. */
  asked: { readonly target: string | undefined } | undefined;
}

describe("Divert is killed in the middle of a burst of changes", () => {
  let office: Office;
  const known = new Map<string, KnownRule>();
  let changes = 0;

  before(async () => {
    office = await Office.open({
      lines: Object.fromEntries(lines.map((line) => [line, "refusing"] as const)),
      phones: [],
    });
  });
  after(() => office.close());

  for (const killAfter of [40, 150, 333]) {
    test(`after ${killAfter} acknowledged changes: each is there when it is back, and holds for the next call`, async () => {
      await changeUntilKilled(killAfter);
      assert.deepEqual(integrity(), ["ok"]);
      await office.divert.restart();

      let compared = 0;
      for (const line of lines) {
        const { body } = await office.divert.ask("GET", `/api/lines/${line}/forwardings`);
        for (const rule of rules) {
          const { acknowledged, asked } = ruleOf(line, rule);
          const found = targetIn(body, rule);
          const expected = asked === undefined ? [acknowledged] : [acknowledged, asked.target];
          assert.ok(expected.includes(found), `${line} ${rule}: ${found}, not ${expected.join(" or ")}`);
          known.set(`${line} ${rule}`, { acknowledged: found, asked: undefined });
          if (acknowledged !== undefined) compared++;
        }
      }
      assert.ok(compared > 0);

      await office.divert.until(() => office.areLinesRegistered());
      const line = lines.find((one) => externalTarget(one) !== undefined);
      assert.ok(line);
      assert.equal((await office.callFromOutside(line)).answeredBy, "trunk");
      const [requestLine = ""] = ((await office.callsAt("trunk")).at(-1) ?? "").split("\r\n");
      assert.equal(requestLine, `INVITE sip:${externalTarget(line)}@pbx.example SIP/2.0`);
    });
  }

  /** Each line's user makes one change after the other, all users at the same time. */
  async function changeUntilKilled(killAfter: number): Promise<void> {
    let acknowledged = 0;
    let isKilled = false;
    await Promise.all(
      lines.map(async (line) => {
        while (!isKilled) {
          const name = rules[changes++ % rules.length] ?? "";
          const rule = ruleOf(line, name);
          const isRemoval = rule.acknowledged !== undefined && changes % 5 === 0;
          rule.asked = { target: isRemoval ? undefined : `+4989${20_000_000 + changes}` };
          try {
            if (rule.asked.target === undefined) await office.divert.removeForwarding(line, name);
            else await office.divert.forward(line, name, rule.asked.target);
          } catch (error) {
            // The connection broke, as it should; anything else would be Divert's mistake.
            assert.ok(isKilled, String(error));
            return;
          }
          rule.acknowledged = rule.asked.target;
          rule.asked = undefined;
          if (++acknowledged === killAfter) {
            isKilled = true;
            void office.divert.kill();
          }
        }
      }),
    );
    await office.divert.kill();
  }

  function ruleOf(line: string, rule: string): KnownRule {
    const key = `${line} ${rule}`;
    const found = known.get(key) ?? { acknowledged: undefined, asked: undefined };
    known.set(key, found);
    return found;
  }

  /** Where a call from outside to an idle line goes. */
  function externalTarget(line: string): string | undefined {
    return ruleOf(line, "always/external").acknowledged ?? ruleOf(line, "always/all").acknowledged;
  }

  function integrity(): string[] {
    const database = new DatabaseSync(join(office.divert.dataFolder, databaseFile));
    try {
      return database
        .prepare("PRAGMA integrity_check")
        .all()
        .map((row) => String(row["integrity_check"]));
    } finally {
      database.close();
    }
  }
});

/** The target of `when/callers` in what the API lists. */
function targetIn(body: unknown, rule: string): string | undefined {
  const { forwardings } = body as { forwardings: { when: string; callers: string; target: string }[] };
  return forwardings.find(({ when, callers }) => `${when}/${callers}` === rule)?.target;
}
