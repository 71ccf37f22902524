/** Docs say what is so: examples run, links lead somewhere, files that are named are there. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { renderConfigReference } from "../scripts/config-reference.ts";
import { renderProfilePage } from "../scripts/profile-pages.ts";
import { loadConfiguration } from "../src/config/load-configuration.ts";
import { environmentNames } from "../src/config/yaml-source.ts";
import { sections } from "../src/config/schema.ts";
import { parseHttpAnswer, parseHttpRequest } from "./docs/http-example.ts";
import { type Fence, type Page, readFileNames, readPage, readPages, root } from "./docs/page.ts";
import { readCommands, ShellSession } from "./docs/shell-example.ts";
import { startHttp } from "./support/http-server.ts";

const pages = readPages();
const exampleFile = "config.example.yaml";
const example = readFileSync(join(root, exampleFile), "utf8");

const placeOf = ({ path }: Page, { line }: Fence): string => `${path}:${line}`;
const fencesOf = (page: Page, language: string): Fence[] =>
  page.fences.filter((fence) => fence.language === language);

/** Every variable that the files name is set, as it would be for whoever applies them. */
function secretsFor(...files: readonly string[]): Record<string, string> {
  return Object.fromEntries(files.flatMap(environmentNames).map((name) => [name, `secret of ${name}`]));
}

describe("examples of configuration", () => {
  for (const page of pages) {
    for (const fence of fencesOf(page, "yaml")) {
      // "part": a piece of a file, whose form alone can be judged.
      const isPart = fence.remark === "part";
      test(`${placeOf(page, fence)} ${isPart ? "has the right form" : "can be applied"}`, () => {
        assert.ok(isPart || fence.remark === "", `"${fence.remark}" means nothing behind \`\`\`yaml`);
        const environment = secretsFor(fence.text);
        const noOther = isPart ? { check: () => [] } : {};
        const loaded = loadConfiguration(fence.text, { file: page.path, environment, ...noOther });
        assert.deepEqual(loaded.ok ? [] : loaded.failure, []);
      });
    }
  }

  test(`${exampleFile} can be applied, and shows every section`, () => {
    const loaded = loadConfiguration(example, { file: exampleFile, environment: secretsFor(example) });
    assert.deepEqual(loaded.ok ? [] : loaded.failure, []);
    assert.ok(loaded.ok);
    const empty = Object.entries(loaded.value).filter(([, items]) => (items as unknown[]).length === 0);
    assert.deepEqual(empty, []);
    assert.deepEqual(Object.keys(loaded.value), Object.keys(sections));
  });

  test("docs/how-to/configuration-reference.md is the schema's; `node scripts/config-reference.ts` brings it up to date", () => {
    const written = readFileSync(join(root, "docs/how-to/configuration-reference.md"), "utf8");
    assert.equal(written, renderConfigReference());
  });
});

/** A page's commands belong together: they run in its order, in one folder, on the page's file or the example. */
describe("examples for the shell", { concurrency: 1 }, () => {
  for (const page of pages.filter((each) => fencesOf(each, "sh").length > 0)) {
    test(`${page.path} does what it says`, async () => {
      const folder = mkdtempSync(join(tmpdir(), "divert-docs-"));
      const before = process.cwd();
      process.chdir(folder);
      try {
        const file = fencesOf(page, "yaml").find(({ remark }) => remark === "")?.text ?? example;
        writeFileSync("divert.yaml", file);
        await runPage(page, new ShellSession(folder, secretsFor(file)));
      } finally {
        process.chdir(before);
        rmSync(folder, { recursive: true });
      }
    });
  }

  async function runPage(page: Page, session: ShellSession): Promise<void> {
    const setsUp = fencesOf(page, "sh").some(({ text }) => /divert apply|--apply/.test(text));
    if (!setsUp)
      await session.run({ environment: {}, words: ["npx", "divert", "apply", "divert.yaml"], text: "" });
    let printed: string | undefined;
    for (const fence of page.fences) {
      if (fence.language === "sh") {
        printed = "";
        for (const command of readCommands(fence.text)) {
          const more = await session.run(command);
          printed = more === undefined || printed === undefined ? undefined : printed + more;
        }
      } else if (fence.language === "text" && fence.followsFence && printed !== undefined) {
        assert.equal(printed, fence.text, `${placeOf(page, fence)}: this is what is printed`);
      }
    }
  }
});

describe("examples of the HTTP API", () => {
  for (const page of pages.filter((each) => fencesOf(each, "http").length > 0)) {
    test(`${page.path} gets the answers that it tells`, async (t) => {
      const { request } = await startHttp(t);
      const fences = fencesOf(page, "http");
      for (const [index, fence] of fences.entries()) {
        if (fence.text.startsWith("HTTP/")) continue;
        const { method, path, headers, body } = parseHttpRequest(fence.text);
        const answer = await request(method, path, { headers, ...(body !== undefined && { body }) });
        const told = fences[index + 1];
        if (told?.text.startsWith("HTTP/") !== true) {
          assert.ok(answer.status < 300, `${placeOf(page, fence)}: ${answer.text}`);
          continue;
        }
        const expected = parseHttpAnswer(told.text);
        assert.equal(answer.status, expected.status, `${placeOf(page, told)}: ${answer.text}`);
        if (expected.body !== undefined) assert.partialDeepStrictEqual(answer.json, expected.body);
      }
    });
  }
});

test("docs/how-to/pbx-profiles.md is the profiles'; `node scripts/profile-pages.ts` brings it up to date", () => {
  const written = readFileSync(join(root, "docs/how-to/pbx-profiles.md"), "utf8");
  assert.equal(written, renderProfilePage());
});

test("docs/how-to/http-api.md has every code of a refusal beside its status", () => {
  const page = readFileSync(join(root, "docs/how-to/http-api.md"), "utf8");
  const rows = page.matchAll(/^\| (\d{3}) +\|(.*)$/gm);
  const told = [...rows].flatMap(([, status, cell = ""]) =>
    [...cell.matchAll(/`([a-z-]+)`/g)].map(([, code = ""]) => `${code} ${status ?? ""}`),
  );
  const source = readFileSync(join(root, "src/http/problem.ts"), "utf8");
  const mapped = [...source.matchAll(/^ {2}"?([a-z-]+)"?: (\d{3}),$/gm)].map(([, code = "", status = ""]) => [
    code,
    status,
  ]);
  // A server that cannot start answers nobody.
  const answered = mapped.filter(([code = ""]) => !["address-unavailable", "not-running"].includes(code));
  const expected = [...answered.map((pair) => pair.join(" ")), "internal-error 500"];
  assert.deepEqual(told.toSorted(), expected.toSorted());
});

describe("pages", () => {
  const files = readFileNames();

  for (const page of pages) {
    test(`${page.path}: its links lead somewhere`, () => {
      const dead = page.links.filter((link) => !/^[a-z]+:/.test(link) && !leadsSomewhere(page, link));
      assert.deepEqual(dead, []);
    });

    test(`${page.path}: the files that it names are there`, () => {
      const named = page.codes.filter((code) => /^[\w./-]+\.(ts|js|md|ya?ml)$/.test(code));
      const missing = named.filter((name) => !isThere(name) && !usersOwn.has(name));
      assert.deepEqual(missing, []);
    });
  }

  /** What a user writes is in no clone. */
  const usersOwn = new Set(["divert.yaml"]);

  /** Pages name a file from the project's folder, from `src`, or by its name alone where that says enough. */
  function isThere(name: string): boolean {
    if (files.has(name) || files.has(`src/${name}`)) return true;
    const asEnd = `/${name.replace(/^\.\//, "")}`;
    return [...files].some((file) => file.endsWith(asEnd));
  }

  function leadsSomewhere(page: Page, link: string): boolean {
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? page.path : join(dirname(page.path), file);
    if (!existsSync(join(root, target))) return false;
    if (anchor === undefined) return true;
    return readPage(target, readFileSync(join(root, target), "utf8")).anchors.includes(anchor);
  }
});
