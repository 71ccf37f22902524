import { access } from "node:fs/promises";
import { join, resolve } from "node:path";
import { systemClock } from "../base/clock.ts";
import { fileFault } from "../base/file-fault.ts";
import { silentLogger } from "../base/logger.ts";
import { SqliteStore, databaseFile } from "../store/sqlite/sqlite-store.ts";
import { dataFolderOf } from "./reach.ts";
import { type Command, Failure, readArguments } from "./command.ts";

export const backup: Command = {
  name: "backup",
  summary: "copy the data into one file, while the server runs or not",
  usage: `Usage: divert backup FILE [--data DIR]

Writes a consistent copy of the data folder's database: configuration, rules, accounts, call log. It holds the lines'
passwords and is readable by its owner alone. To restore it, stop Divert and put it in as ${databaseFile}.

  --data DIR      data folder (default ./data, or DIVERT_DATA)`,
  async run(args, terminal) {
    const { values, words } = readArguments(args, { data: { type: "string" } } as const, ["FILE"]);
    const folder = dataFolderOf(values, terminal);
    const file = resolve(words[0]);
    if (!(await exists(join(folder, databaseFile))))
      throw new Failure(`There is no data of Divert in ${folder}.`);
    if (await exists(file)) throw new Failure(`${file} is there already. Name a new file.`);
    // Another reader beside a running server: SQLite gives it a consistent view, and nobody waits.
    const store = await SqliteStore.open({ folder, clock: systemClock, logger: silentLogger });
    try {
      await store.backup(file);
    } catch (error) {
      throw new Failure(`${file} cannot be written: ${fileFault(error)}.`, { cause: error });
    } finally {
      await store.close();
    }
    terminal.warn(`Wrote ${file}.`);
  },
};

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
