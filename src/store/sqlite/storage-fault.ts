import { Refusal } from "../../base/refusal.ts";

/**
 * SQLite's primary result codes that say something of the disk or of who else uses the file, nothing of our
 * statements: https://sqlite.org/rescode.html
 */
const storageCodes: ReadonlyMap<number, string> = new Map([
  [3, "the data folder may not be accessed"],
  [5, "the database is in use by another program"],
  [6, "the database is in use by another program"],
  [7, "memory is short"],
  [8, "the data folder is read-only"],
  [10, "the disk reports an error"],
  [11, "the database file is damaged"],
  [13, "the disk is full"],
  [14, "the database file cannot be opened"],
  [26, "the database file is damaged"],
]);

/**
 * The refusal that a failure of the disk becomes, beginning with `told`; anything else comes back as it is: it is a
 * bug.
 */
export function storageRefusal(failure: unknown, told: string): unknown {
  const reason = storageCodes.get(resultCodeOf(failure) ?? 0);
  if (reason === undefined) return failure;
  return new Refusal("storage-unavailable", `${told}: ${reason}.`, [], { cause: failure });
}

export function isDiskFull(failure: unknown): boolean {
  return resultCodeOf(failure) === 13;
}

/** SQLite's primary result code; Node gives the extended one. */
function resultCodeOf(failure: unknown): number | undefined {
  return failure instanceof Error && "errcode" in failure && typeof failure.errcode === "number"
    ? failure.errcode & 0xff
    : undefined;
}

export function isStorageRefusal(failure: unknown): failure is Refusal {
  return failure instanceof Refusal && failure.code === "storage-unavailable";
}
