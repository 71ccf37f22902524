import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "./base/clock.ts";
import { type LogFields, type Logger, silentLogger } from "./base/logger.ts";
import { systemRandom } from "./base/random.ts";
import { startDivert } from "./main.ts";
import { createAccounts, lines, office, writeConfiguration } from "./practice/practice-office.ts";
import { PracticePbx } from "./practice/practice-pbx.ts";
import { serializeSipUri } from "./sip/user-agent.ts";

test("the log tells that the server stops, and how many lines the PBX took back", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "divert-main-"));
  t.after(() => rm(folder, { recursive: true }));
  const accounts = createAccounts(() => systemRandom.token(64));
  const pbx = await PracticePbx.open({
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    listen: { protocol: "UDP", address: "127.0.0.1", port: 0 },
    domain: office.domain,
    extensions: accounts,
  });
  assert.ok(pbx.ok);
  t.after(() => pbx.value.close());
  const applyFile = join(folder, "divert.yaml");
  const registrar = `${serializeSipUri(pbx.value.uri)};transport=udp`;
  await writeFile(applyFile, writeConfiguration(registrar, accounts));

  const told: (LogFields & { readonly message: string })[] = [];
  const logger: Logger = {
    ...silentLogger,
    info: (fields, message) => void told.push({ ...fields, message }),
    child: () => logger,
  };
  const registered = Promise.withResolvers<true>();
  const areAll = () => lines.every(({ extension }) => pbx.value.isRegistered(extension));
  pbx.value.onRegistration(() => {
    if (areAll()) registered.resolve(true);
  });
  const divert = await startDivert({
    dataFolder: join(folder, "data"),
    http: { host: "127.0.0.1", port: 0 },
    sip: ["udp://127.0.0.1:0"],
    applyFile,
    environment: {},
    logger,
  });
  await registered.promise;
  await Promise.all([divert.close(), divert.close()]);

  const count = lines.length;
  const stops = told.filter(({ message }) => message.startsWith("stop"));
  assert.deepEqual(
    stops.map(({ message }) => message),
    ["stopping", "stopped"],
  );
  assert.equal(stops[0]?.["lines"], count);
  // The answer to the last REGISTER may still be on its way: the PBX knows of it first.
  assert.ok(Number(stops[0]["registered"]) >= count - 1);
  assert.equal(stops[1]?.["handedBack"], stops[0]["registered"]);
});
