import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadConfiguration } from "../config/load-configuration.ts";
import {
  createAccounts,
  createPhonePasswords,
  lines,
  phones,
  writeConfiguration,
} from "./practice-office.ts";
import { officeDay } from "./simulated-traffic.ts";

describe("the practice office", () => {
  const accounts = createAccounts(() => "secret");
  const text = writeConfiguration(
    "sip:127.0.0.1:5070;transport=udp",
    accounts,
    createPhonePasswords(() => "other"),
  );

  it("has a configuration that Divert takes", () => {
    const loaded = loadConfiguration(text, { file: "divert.yaml", environment: {} });
    assert.ok(loaded.ok, JSON.stringify(loaded));
    assert.deepEqual(
      loaded.value.lines.map(({ id }) => id),
      ["101", "102", "103", "104"],
    );
    assert.deepEqual(
      loaded.value.lines.map(({ phone }) => phone?.username),
      [undefined, "phone-102", "phone-103", undefined],
    );
  });

  it("shows rules of seven kinds", () => {
    const kinds = lines.flatMap(({ rules }) => rules.map(({ when, callers }) => `${when} ${callers}`));
    assert.deepEqual([...new Set(kinds)].sort(), [
      "always all",
      "always external",
      "always internal",
      "busy all",
      "busy external",
      "busy internal",
      "noAnswer all",
    ]);
  });

  it("is called by people who exist, on lines that exist", () => {
    const known = [...phones, ...lines].map(({ extension }) => extension);
    for (const { from, to } of officeDay) {
      assert.ok(known.includes(to));
      assert.ok(known.includes(from) || /^(\+\d+|anonymous)$/.test(from));
    }
  });
});
