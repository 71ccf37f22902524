/** The API without a server: in this process, on a data folder that no server holds. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { credentials } from "../accounts/credentials.ts";
import { systemClock } from "../base/clock.ts";
import { silentLogger } from "../base/logger.ts";
import { systemRandom } from "../base/random.ts";
import { Directory } from "../directory/directory.ts";
import type { LineStates, MetricsText } from "../http/application.ts";
import { createConfigurationFiles } from "../http/configuration-files.ts";
import { EventHub } from "../http/event-hub.ts";
import { createExplainer } from "../http/explainer.ts";
import { createHttpServer } from "../http/server.ts";
import { SqliteStore, databaseFile } from "../store/sqlite/sqlite-store.ts";
import { Api, type Exchange } from "./api.ts";
import { Failure } from "./command.ts";
import { version } from "../base/version.ts";

/** Nothing runs here, so no line is in any state. */
const noStates: LineStates = { stateOf: () => undefined };

/** Nobody reads figures of a process that lives for one command. */
const noMetrics: MetricsText = {
  contentType: "text/plain",
  text: () => Promise.resolve(""),
  observeRequest() {},
};

/** Opens the data folder. Rejects with a `Failure` when there is none, unless `mayCreate`. */
export async function openOffline(dataFolder: string, mayCreate: boolean): Promise<Api> {
  if (!mayCreate && !existsSync(join(dataFolder, databaseFile))) {
    throw new Failure(
      `There is no data of Divert in ${dataFolder}, and no server runs on it. ` +
        "Name the data folder with --data, or a server with --server.",
    );
  }
  const store = await SqliteStore.open({
    folder: dataFolder,
    clock: systemClock,
    logger: silentLogger,
    exclusive: true,
  });
  const directory = await Directory.open({ store: store.directory, random: systemRandom, credentials });
  const localSecret = systemRandom.token(256);
  const server = await createHttpServer({
    application: {
      directory,
      lineStates: noStates,
      callLog: store.calls,
      explainer: createExplainer({ directory, lineStates: noStates, clock: systemClock }),
      events: new EventHub({ run: "offline" }),
      tokens: { check: () => undefined },
      configurations: createConfigurationFiles(directory),
      health: { state: () => "running", checks: () => ({}) },
      metrics: noMetrics,
    },
    clock: systemClock,
    logger: silentLogger,
    version,
    localSecret,
  });
  const exchange: Exchange = async ({ method, target, headers, body }) => {
    const answer = await server.app.inject({
      method,
      url: target,
      headers: { ...headers, authorization: `Bearer ${localSecret}` },
      ...(body === undefined ? {} : { payload: body }),
    });
    return { status: answer.statusCode, text: answer.body };
  };
  return new Api(exchange, async () => {
    await server.close();
    await store.close();
  });
}
