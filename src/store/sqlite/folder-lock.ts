import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Refusal } from "../../base/refusal.ts";

/** Stands beside the database; holds nothing. */
export const lockFile = "divert.lock";

/**
 * Makes this process the only writer of a data folder, until the function that is returned is called or the process
 * ends, however it ends: the lock is SQLite's on a file of its own, and goes with the process. Throws the refusal
 * `storage-unavailable` when another process has it; its message goes on where “The data folder … cannot be used:” ends.
 */
export function lockFolder(folder: string): () => void {
  const file = join(folder, lockFile);
  closeSync(openSync(file, "a", 0o600));
  const handle = new DatabaseSync(file, { timeout: 0 });
  try {
    handle.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (cause) {
    handle.close();
    throw new Refusal(
      "storage-unavailable",
      "another Divert is working on it. Stop it, or give this one a folder of its own with --data.",
      [],
      { cause },
    );
  }
  return () => {
    if (handle.isOpen) handle.close();
  };
}
