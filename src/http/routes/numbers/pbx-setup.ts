import { z } from "zod";
import { Refusal } from "../../../base/refusal.ts";
import type { Directory, PbxSetup } from "../../../directory/directory.ts";

export const pbxParams = z.object({ pbx: z.string() });

export function requireSetup(directory: Directory, pbx: string): PbxSetup {
  const setup = directory.pbxSetupOf(pbx);
  if (setup === undefined) throw new Refusal("unknown-pbx", `There is no PBX ${pbx}.`);
  return setup;
}
