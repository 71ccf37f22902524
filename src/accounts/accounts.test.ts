import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hashPassword, passwordMatches } from "./passwords.ts";
import { SignIn } from "./sign-in.ts";
import { hashSecret, TokenCheck } from "./tokens.ts";

describe("passwords", () => {
  it("match their own hash alone, and no hash holds the password", async () => {
    const hash = await hashPassword("a long passphrase");
    assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    assert.ok(!hash.includes("passphrase"));
    assert.equal(await passwordMatches("a long passphrase", hash), true);
    assert.equal(await passwordMatches("a long passphrasf", hash), false);
  });

  it("are salted: the same one hashes differently each time", async () => {
    assert.notEqual(await hashPassword("same"), await hashPassword("same"));
  });

  it("match in either Unicode form", async () => {
    assert.equal(await passwordMatches("Jo\u0308rg", await hashPassword("J\u00f6rg")), true);
  });

  it("match nothing that is no hash", async () => {
    assert.equal(await passwordMatches("x", "x"), false);
    assert.equal(await passwordMatches("", ""), false);
  });
});

describe("sign-in", () => {
  it("takes a user with the right password, and nobody else", async () => {
    const anna = {
      name: "anna",
      role: "user",
      lines: ["101"],
      passwordHash: await hashPassword("right"),
    } as const;
    const guest = { name: "guest", role: "user", lines: [] } as const;
    const signIn = new SignIn({ findUser: (name) => [anna, guest].find((user) => user.name === name) });
    assert.equal(await signIn.check("anna", "right"), anna);
    assert.equal(await signIn.check("anna", "wrong"), undefined);
    assert.equal(await signIn.check("guest", ""), undefined);
    assert.equal(await signIn.check("nobody", "nobody's"), undefined);
  });
});

describe("tokens", () => {
  const check = new TokenCheck({
    tokens: () => [
      { name: "provisioning", role: "admin", secretHash: hashSecret("s3cret") },
      { name: "reader", role: "user", secretHash: hashSecret("other") },
    ],
  });

  it("say whom they speak for", () => {
    assert.deepEqual(check.check("s3cret"), { name: "provisioning", role: "admin", lines: [] });
    assert.deepEqual(check.check("other"), { name: "reader", role: "user", lines: [] });
  });

  it("are refused when they are not exactly right", () => {
    for (const secret of ["", "s3cre", "s3cret ", "S3cret", hashSecret("s3cret")]) {
      assert.equal(check.check(secret), undefined);
    }
  });
});
