/**
 * How a command on the same machine finds the server of its data folder and is let in: a file in that folder with the
 * server's URL and a secret of this run, readable by its owner alone. Who may read it may read the database as well.
 */
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const fileName = "server.json";

const serverFileSchema = z.object({
  url: z.url(),
  pid: z.int(),
  secret: z.string().min(1),
});

export type ServerFile = z.output<typeof serverFileSchema>;

/** Writes the file, in one step for whoever reads it meanwhile. */
export async function writeServerFile(dataFolder: string, content: ServerFile): Promise<void> {
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  const path = join(dataFolder, fileName);
  const draft = `${path}.${content.pid}`;
  await rm(draft, { force: true });
  const file = await open(draft, "wx", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(content)}\n`);
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

/** The file of the server that runs on the data folder, or ran and was killed; undefined: there is none. */
export async function readServerFile(dataFolder: string): Promise<ServerFile | undefined> {
  try {
    const text = await readFile(join(dataFolder, fileName), "utf8");
    return serverFileSchema.parse(JSON.parse(text));
  } catch {
    // Missing, or of no use: either way nobody is found by it.
    return undefined;
  }
}

/** Idempotent. Leaves the file of another process alone. */
export async function removeServerFile(dataFolder: string, pid: number): Promise<void> {
  const content = await readServerFile(dataFolder);
  if (content?.pid === pid) await rm(join(dataFolder, fileName), { force: true });
}
