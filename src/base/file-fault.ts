const sentences: ReadonlyMap<unknown, string> = new Map([
  ["ENOENT", "there is no such file or folder"],
  ["ENOTDIR", "a part of its path is no folder"],
  ["EISDIR", "it is a folder"],
  ["EEXIST", "something of that name is there already"],
  ["EACCES", "this user may not do that"],
  ["EPERM", "this user may not do that"],
  ["EROFS", "it is on a read-only disk"],
  ["ENOSPC", "the disk is full"],
  ["EDQUOT", "this user's share of the disk is full"],
  ["EMFILE", "the process may not open more files"],
  ["ELOOP", "its links lead in a circle"],
  ["ENAMETOOLONG", "its name is too long"],
]);

/** Why a file or folder could not be read or written, for a user, as the rest of a sentence without its full stop. */
export function fileFault(error: unknown): string {
  const known = error instanceof Error && "code" in error ? sentences.get(error.code) : undefined;
  return known ?? (error instanceof Error ? error.message : String(error));
}
