/** Configuration files in and out of the directory. */
import { Refusal } from "../base/refusal.ts";
import { exportConfiguration } from "../config/export-configuration.ts";
import { loadConfiguration } from "../config/load-configuration.ts";
import type { Directory } from "../directory/directory.ts";
import type { ConfigurationFiles } from "./application.ts";

/** Nobody who can send a file may read the server's environment by it: senders fill their variables in themselves. */
const nothingSet: Readonly<Record<string, string | undefined>> = {};

export function createConfigurationFiles(directory: Directory): ConfigurationFiles {
  return {
    async apply(text, { file, prune, actor, environment = nothingSet }) {
      const loaded = loadConfiguration(text, {
        file,
        environment,
        check: (draft) => directory.check(draft, { prune }),
      });
      if (loaded.ok) return directory.apply(loaded.value, { prune, actor });
      const count = loaded.failure.length === 1 ? "a fault" : `${loaded.failure.length} faults`;
      throw new Refusal(
        "invalid-configuration",
        `${file} has ${count}; nothing was changed.`,
        loaded.failure,
      );
    },
    export: () => exportConfiguration(directory),
  };
}
