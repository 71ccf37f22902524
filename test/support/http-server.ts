/** The HTTP API over a real socket, on a real directory in SQLite in a folder of its own; what runs lines is a stand-in. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { credentials } from "../../src/accounts/credentials.ts";
import { TokenCheck } from "../../src/accounts/tokens.ts";
import { systemClock } from "../../src/base/clock.ts";
import { type Logger, silentLogger } from "../../src/base/logger.ts";
import { systemRandom } from "../../src/base/random.ts";
import { Directory } from "../../src/directory/directory.ts";
import { type Configuration, groupDefaults } from "../../src/directory/installation.ts";
import type { Application, LineState } from "../../src/http/application.ts";
import { createConfigurationFiles } from "../../src/http/configuration-files.ts";
import { EventHub } from "../../src/http/event-hub.ts";
import { createExplainer } from "../../src/http/explainer.ts";
import { createHttpServer } from "../../src/http/server.ts";
import { Metrics } from "../../src/observe/metrics.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite-store.ts";

export const localSecret = "secret-of-this-data-folder";

/** Secrets in the sample configuration all hold this word: where it turns up, something leaks. */
export const canary = "canary";

export interface HttpFixture {
  readonly url: string;
  readonly application: Application;
  readonly store: SqliteStore;
  /** Live state by line id; tests put in what they need. */
  readonly states: Map<string, LineState>;
  readonly dataFolder: string;
  /** Sends a request. A body that is no text goes as JSON. */
  readonly request: (method: string, path: string, options?: RequestOptions) => Promise<Answer>;
}

export interface RequestOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** Starts it with the sample configuration, changed as given; it ends with the test. */
export async function startHttp(
  test: TestContext,
  changes: Partial<Configuration> = {},
  options: { readonly logger?: Logger } = {},
): Promise<HttpFixture> {
  const dataFolder = await mkdtemp(join(tmpdir(), "divert-http-"));
  const store = await SqliteStore.open({ folder: dataFolder, clock: systemClock, logger: silentLogger });
  const directory = await Directory.open({ store: store.directory, random: systemRandom, credentials });
  await directory.apply({ ...sampleConfiguration, ...changes });
  const states = new Map<string, LineState>();
  const lineStates = { stateOf: (id: string) => states.get(id) };
  const application: Application = {
    directory,
    lineStates,
    callLog: store.calls,
    explainer: createExplainer({ directory, lineStates, clock: systemClock }),
    events: new EventHub({ run: "test", capacity: 10 }),
    tokens: new TokenCheck(directory),
    configurations: createConfigurationFiles(directory),
    health: { state: () => "running", checks: () => ({ storage: store.available }) },
    metrics: new Metrics(),
  };
  const logger = options.logger ?? silentLogger;
  const server = await createHttpServer({
    application,
    clock: systemClock,
    logger,
    version: "0.0.0",
    localSecret,
  });
  const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
  test.after(async () => {
    await server.close();
    await store.close();
    await rm(dataFolder, { recursive: true });
  });
  const url = `http://127.0.0.1:${port}`;
  return { url, application, store, states, dataFolder, request: (...args) => send(url, ...args) };
}

async function send(
  url: string,
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<Answer> {
  const { body, headers } = options;
  const response = await fetch(url + path, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    get json() {
      return JSON.parse(text) as Readonly<Record<string, unknown>>;
    },
  };
}

const answers = { busy: 486, noPhone: 480, declined: 603, dnd: 486 } as const;

function sampleLine(id: string, group: string) {
  return {
    id,
    group,
    extension: id,
    username: id,
    password: `${canary}-line-${id}`,
    secondCall: "yes",
    callWaiting: true,
    phone: { username: `phone-${id}`, password: `${canary}-phone-${id}` },
  } as const;
}

/** Four lines in two groups at one PBX; no accounts, no rules. */
export const sampleConfiguration: Configuration = {
  sites: [
    {
      id: "starnberg",
      countryCode: "49",
      areaCode: "8151",
      mainNumber: "36856",
      extensions: ["100-399", "500"],
      outsideLine: "0",
      trustFrom: true,
      rules: [],
    },
  ],
  profiles: [],
  pbxs: [
    {
      id: "hq",
      profile: "generic",
      site: "starnberg",
      registrar: "sip:127.0.0.1:5070;transport=udp",
      domain: "pbx.example",
      redirect: "auto",
      addresses: [],
      overrides: {},
    },
  ],
  groups: [
    { id: "sales", pbx: "hq", answers, busyCounts: "calls", ...groupDefaults },
    { id: "support", pbx: "hq", answers, busyCounts: "calls", ...groupDefaults },
  ],
  lines: [
    sampleLine("101", "sales"),
    sampleLine("102", "sales"),
    sampleLine("201", "support"),
    sampleLine("202", "support"),
  ],
  users: [],
  tokens: [],
  forwardings: [],
};

export const adminSecret = `${canary}-admin-token-of-many-characters`;
export const userSecret = `${canary}-user-token-of-many-characters`;

export const sampleAccounts: Pick<Configuration, "users" | "tokens"> = {
  users: [{ name: "anna", password: `${canary} a long passphrase`, role: "user", lines: ["101"] }],
  tokens: [
    { name: "provisioning", role: "admin", secret: adminSecret },
    { name: "wallboard", role: "user", secret: userSecret },
  ],
};

export function bearer(secret: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${secret}` };
}
