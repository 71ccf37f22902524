/**
 * Writes rules as fast as they are acknowledged and says each on standard output once it is on disk, until it is
 * killed. Started by kill.test.ts; the data folder is its argument.
 */
import { writeSync } from "node:fs";
import { credentials } from "../../src/accounts/credentials.ts";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { systemRandom } from "../../src/base/random.ts";
import { Directory } from "../../src/directory/directory.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite-store.ts";

const store = await SqliteStore.open({
  folder: process.argv[2] ?? "",
  clock: systemClock,
  logger: silentLogger,
});
const directory = await Directory.open({ store: store.directory, random: systemRandom, credentials });

async function writeForever(line: string): Promise<never> {
  for (let number = 0; ; number++) {
    const target = `+4989${String(1_000_000 + number)}`;
    const callers = number % 2 === 0 ? "internal" : "external";
    await directory.setForwarding({ line }, { when: "busy", callers, target }, { actor: "test" });
    writeSync(1, `${line} ${callers} ${target}\n`);
  }
}

await Promise.all([...directory.lines()].map(({ id }) => writeForever(id)));
