import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { MemoryStore } from "../../test/support/memory-store.ts";
import { systemRandom } from "../base/random.ts";
import { callers, type Forwarding, whens } from "../forwarding/rules.ts";
import { Directory } from "./directory.ts";
import { type Configuration, type ForwardingOwner, groupDefaults } from "./installation.ts";

const credentials = {
  hashPassword: (password: string) => Promise.resolve(password),
  passwordMatches: (password: string, hash: string) => Promise.resolve(password === hash),
  hashSecret: (secret: string) => secret,
};

const lineIds = ["101", "102"];
const owner: fc.Arbitrary<ForwardingOwner> = fc.oneof(
  fc.constantFrom(...lineIds).map((line) => ({ line })),
  fc.constant({ group: "g" }),
);
const rule: fc.Arbitrary<Forwarding> = fc.record(
  {
    when: fc.constantFrom(...whens),
    callers: fc.constantFrom(...callers),
    target: fc.constantFrom("201", "202", "+4989123456"),
    enabled: fc.boolean(),
  },
  { noNullPrototype: true },
);
const owned = fc.record({ owner, forwarding: rule });
const configuration = fc
  .uniqueArray(owned, {
    selector: ({ owner, forwarding: { when, callers } }) => JSON.stringify([owner, when, callers]),
  })
  .map((forwardings): Configuration => ({ ...base, forwardings }));

const base: Configuration = {
  sites: [
    {
      id: "s",
      countryCode: "49",
      areaCode: "8151",
      mainNumber: "36856",
      extensions: ["100-399"],
      outsideLine: "0",
      trustFrom: true,
      rules: [],
    },
  ],
  profiles: [],
  pbxs: [
    {
      id: "p",
      profile: "generic",
      site: "s",
      registrar: "sip:pbx.example",
      domain: "pbx.example",
      redirect: "auto",
      addresses: [],
      overrides: {},
    },
  ],
  groups: [
    {
      id: "g",
      pbx: "p",
      answers: { busy: 486, noPhone: 486, declined: 486, dnd: 486 },
      busyCounts: "calls",
      ...groupDefaults,
    },
  ],
  lines: lineIds.map((id) => ({
    id,
    group: "g",
    extension: id,
    username: id,
    password: "x",
    secondCall: "yes",
    callWaiting: true,
  })),
  users: [],
  tokens: [],
  forwardings: [],
};

type Step =
  | {
      readonly kind: "set" | "remove";
      readonly rule: { readonly owner: ForwardingOwner; readonly forwarding: Forwarding };
    }
  | { readonly kind: "apply"; readonly configuration: Configuration; readonly prune: boolean };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constantFrom("set" as const, "remove" as const), rule: owned }),
    fc.record({ kind: fc.constant("apply" as const), configuration, prune: fc.boolean() }),
  ),
  { maxLength: 12 },
);

const local = { actor: "local" };

async function take(directory: Directory, step: Step): Promise<void> {
  if (step.kind === "apply") await directory.apply(step.configuration, { prune: step.prune });
  else if (step.kind === "set") await directory.setForwarding(step.rule.owner, step.rule.forwarding, local);
  else await directory.removeForwarding(step.rule.owner, step.rule.forwarding, local).catch(() => undefined);
}

function rulesIn(directory: Directory) {
  const owners: ForwardingOwner[] = [...lineIds.map((line) => ({ line })), { group: "g" }];
  return owners.map((owner) => ({ owner, rules: directory.forwardings(owner) }));
}

describe("after any changes", () => {
  async function afterSteps(taken: readonly Step[]) {
    const store = new MemoryStore();
    const reopen = () => Directory.open({ store, random: systemRandom, credentials });
    const directory = await reopen();
    await directory.apply(base);
    for (const step of taken) await take(directory, step);
    return { directory, reopen };
  }

  it("a restart finds the very rules that held before", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const { directory, reopen } = await afterSteps(taken);
        assert.deepEqual(rulesIn(await reopen()), rulesIn(directory));
      }),
      { numRuns: 60 },
    );
  });

  it("a configuration that is applied twice changes nothing the second time", async () => {
    await fc.assert(
      fc.asyncProperty(steps, configuration, fc.boolean(), async (taken, configuration, prune) => {
        const { directory } = await afterSteps(taken);
        const first = await directory.apply(configuration, { prune });
        const before = rulesIn(directory);
        const second = await directory.apply(configuration, { prune });
        assert.deepEqual([second.created, second.changed, second.removed], [[], [], []]);
        assert.deepEqual(second.kept, first.kept);
        assert.deepEqual(rulesIn(directory), before);
      }),
      { numRuns: 60 },
    );
  });

  it("no file changes a rule that its user has set to something else, and every other rule is as the file says", async () => {
    await fc.assert(
      fc.asyncProperty(configuration, owned, configuration, async (first, users, second) => {
        const { directory } = await afterSteps([]);
        await directory.apply(first);
        const { owner, forwarding } = users;
        const file = directory.findForwarding(owner, forwarding.when, forwarding.callers);
        const { etag } = await directory.setForwarding(owner, forwarding, local);
        await directory.apply(second);
        for (const { owner: named, forwarding: wanted } of second.forwardings) {
          const now = directory.findForwarding(named, wanted.when, wanted.callers)?.forwarding;
          const isUsers =
            JSON.stringify([named, wanted.when, wanted.callers]) ===
            JSON.stringify([owner, forwarding.when, forwarding.callers]);
          if (!isUsers) assert.deepEqual(now, wanted);
          else if (etag !== file?.etag) assert.deepEqual(now, forwarding);
        }
      }),
      { numRuns: 60 },
    );
  });
});
