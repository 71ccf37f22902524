/** The composition root: store -> directory -> SIP -> lines and calls -> API; and the way back when it stops. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { credentials } from "./accounts/credentials.ts";
import { TokenCheck } from "./accounts/tokens.ts";
import { type Clock, systemClock } from "./base/clock.ts";
import { fileFault } from "./base/file-fault.ts";
import type { Logger } from "./base/logger.ts";
import { type RandomSource, systemRandom } from "./base/random.ts";
import { Refusal } from "./base/refusal.ts";
import { version } from "./base/version.ts";
import type { CallLog, CallRecord } from "./calls/call-log.ts";
import { callEnds } from "./calls/call-end.ts";
import type { Call } from "./calls/call.ts";
import { type CallObserver, Calls } from "./calls/calls.ts";
import { describeCall } from "./calls/describe-call.ts";
import { LineRequests } from "./calls/line-requests.ts";
import { Checks } from "./check/checks.ts";
import { Contradictions } from "./check/contradictions.ts";
import { loadConfiguration } from "./config/load-configuration.ts";
import { Directory } from "./directory/directory.ts";
import type { DirectoryEvent } from "./directory/directory-event.ts";
import type { HealthReport } from "./http/application.ts";
import { createConfigurationFiles } from "./http/configuration-files.ts";
import { EventHub } from "./http/event-hub.ts";
import { createExplainer } from "./http/explainer.ts";
import type { ListenAddress } from "./http/listen-address.ts";
import { localUrl } from "./http/listen-address.ts";
import { createLineStates, describeLineState } from "./http/line-states.ts";
import { describeCheck } from "./http/routes/checks/check-schema.ts";
import { describeCall as describeCallForApi } from "./http/routes/calls/list-calls.ts";
import { createHttpServer } from "./http/server.ts";
import { removeServerFile, writeServerFile } from "./http/server-file.ts";
import type { Line } from "./lines/line.ts";
import { Lines } from "./lines/lines.ts";
import { Phones } from "./phones/phones.ts";
import { openLog } from "./observe/log.ts";
import { Metrics } from "./observe/metrics.ts";
import { trustedServer } from "./pbx/trusted-server.ts";
import type { ListeningPoint, RegistrationStatus } from "./sip/user-agent.ts";
import {
  InviteCore,
  SystemResolver,
  UserAgent,
  contactUri,
  parseListeningPoint,
  serializeListeningPoint,
} from "./sip/user-agent.ts";
import { BackgroundCallLog } from "./store/sqlite/background-call-log.ts";
import { SqliteStore } from "./store/sqlite/sqlite-store.ts";

export interface StartOptions {
  /** Absolute. */
  readonly dataFolder: string;
  readonly http: ListenAddress;
  /** `udp://0.0.0.0:5060` */
  readonly sip: readonly string[];
  readonly databaseUrl?: string;
  /** Absolute: the configuration to bring in before anything listens. */
  readonly applyFile?: string;
  /** For `${env:NAME}` in that file. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** How long calls that are up may go on when it stops; absent: five seconds. */
  readonly drainMs?: number;
  /** What strangers hear; absent: 403. */
  readonly strangers?: "refuse" | "silence";
  /** Absent: JSON lines on standard output. */
  readonly logger?: Logger;
  /** Absent: the machine's; a test gives its own and never sleeps. */
  readonly clock?: Clock;
  readonly random?: RandomSource;
}

const defaultDrainMs = 5_000;

/** A server that runs. */
export interface Divert {
  /** Where the API listens. */
  readonly http: ListenAddress;
  /** Where SIP is listened for, with the ports in use. */
  readonly sip: readonly ListeningPoint[];
  readonly directory: Directory;
  readonly lines: Lines;
  readonly phones: Phones;
  readonly userAgent: UserAgent;
  readonly checks: Checks;
  /** Told of each call when it is decided. Returns the way to stop. A listener must not throw. */
  onCall(listener: (call: CallRecord) => void): () => void;
  /** Reads the certificates of the listening points again, without harm to connections. Never rejects. */
  reloadCertificates(): Promise<void>;
  /** Ends the calls that ring, hands the lines back and stops; until a line is handed back, its calls are forwarded. Idempotent. */
  close(): Promise<void>;
}

/** What is open, closed in the opposite order. */
type CleanUps = (() => Promise<void> | void)[];

/** Starts a server. Rejects with a `Refusal` when it cannot; nothing stays open then. */
export async function startDivert(options: StartOptions): Promise<Divert> {
  const cleanUps: CleanUps = [];
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= closeAll(cleanUps));
  try {
    return await start(options, cleanUps, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function closeAll(cleanUps: CleanUps): Promise<void> {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
}

/** What all parts of a server are made with. */
interface Means {
  readonly options: StartOptions;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly events: EventHub;
  readonly cleanUps: CleanUps;
}

interface Storage {
  readonly store: SqliteStore;
  readonly callLog: BackgroundCallLog;
  readonly directory: Directory;
}

type CallListeners = Set<(call: CallRecord) => void>;

async function start(options: StartOptions, cleanUps: CleanUps, close: () => Promise<void>): Promise<Divert> {
  const { clock = systemClock, random = systemRandom } = options;
  const logger = options.logger ?? openLog({ level: "info" });
  const events = new EventHub({ run: random.token(64) });
  const means: Means = { options, clock, random, logger, metrics: new Metrics(), events, cleanUps };
  const points = readListeningPoints(options.sip);

  const storage = await openStorage(means);
  const { directory } = storage;
  const listeners: CallListeners = new Set();
  const parts = assemble(means, storage, listeners);
  const { userAgent, phones, lines, core, calls, checks, contradictions } = parts;
  cleanUps.push(() => userAgent.close());
  const sip = await listen(userAgent, points);
  cleanUps.push(() => lines.close());
  cleanUps.push(() => core.close());
  keepInStep(means, directory, parts);

  let phase: "starting" | "running" | "stopping" = "starting";
  const http = await serveApi(means, storage, parts, () => phase);
  // From here backwards: calls end first, while the API still tells of them, then the lines go, then the sockets.
  cleanUps.push(() => contradictions.close());
  cleanUps.push(() => checks.close());
  cleanUps.push(() => calls.drain(options.drainMs ?? defaultDrainMs));
  phase = "running";
  logger.info({ http: localUrl(http), sip: sip.map(serializeListeningPoint), lines: lines.size }, "started");

  return {
    http,
    sip,
    directory,
    lines,
    phones,
    userAgent,
    checks,
    onCall(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    reloadCertificates: () => userAgent.reloadCertificates(),
    async close() {
      if (phase === "stopping") return close();
      phase = "stopping";
      const registered = linesIn("registered", [...lines.all()]);
      logger.info({ lines: lines.size, registered: registered.length }, "stopping");
      await close();
      const handedBack = linesIn("unregistered", registered).length;
      logger.info({ lines: lines.size, handedBack }, "stopped");
    },
  };
}

async function openStorage({ options, clock, random, logger, cleanUps }: Means): Promise<Storage> {
  if (options.databaseUrl !== undefined) {
    throw new Refusal("invalid-input", "A shared database is not supported yet: leave --database out.");
  }
  const store = await SqliteStore.open({ folder: options.dataFolder, clock, logger, exclusive: true });
  cleanUps.push(() => store.close());
  const callLog = new BackgroundCallLog({ folder: options.dataFolder, clock, logger });
  cleanUps.push(() => callLog.close());
  const directory = await Directory.open({ store: store.directory, random, credentials });
  if (options.applyFile !== undefined)
    await applyFile(directory, options.applyFile, options.environment, logger);
  return { store, callLog, directory };
}

type Parts = ReturnType<typeof assemble>;

/** SIP, lines, phones and calls, each with what it asks of the others. Nothing is sent yet. */
function assemble(means: Means, { directory, callLog }: Storage, listeners: CallListeners) {
  const { options, clock, random, logger, metrics, events, cleanUps } = means;
  const userAgent: UserAgent = new UserAgent({
    clock,
    random,
    logger,
    resolver: new SystemResolver({ clock }),
    handler: {
      screen: (request, flow) => requests.screen(request, flow),
      isTrusted: (flow) => requests.isTrusted(flow),
      answersMalformed: (flow) => requests.answersMalformed(flow),
      onRequest: (transaction, request, flow) => requests.onRequest(transaction, request, flow),
      onAck: (request, flow) => requests.onAck(request, flow),
      onFlowClosed: (flow) => {
        phones.flowClosed(flow);
        lines.flowClosed(flow);
      },
    },
  });
  const phones = new Phones({
    directory,
    clock,
    random,
    logger,
    onBanned: () => metrics.countBan(),
    toPort: (flow, port) => userAgent.toPort(flow, port),
    isPbxAt: (pbxId, flow) => lines.isAcceptedSource(pbxId, flow),
    isServer: (host, port) => userAgent.isOwnAddress(host, port) || lines.isAt(host, port),
  });
  cleanUps.push(() => phones.close());
  const lines: Lines = new Lines(
    {
      sender: userAgent.sender,
      resolveAddresses: (uri) => userAgent.resolveAddresses(uri),
      contactAddress: (flow) => userAgent.contactAddress(flow),
      clock,
      random,
      logger,
      userAgent: `Divert/${version}`,
    },
    {
      lineChanged: (line) => publishLine(line),
      pbxChanged: (pbx, view) => logger.info({ pbx, state: view.state, reason: view.failure }, "PBX"),
    },
  );
  const publishLine = (line: Line): void =>
    events.publish("line", { line: line.id, ...describeLineState(line, phones) }, line.id);
  phones.onChange((lineId) => {
    const line = lines.find(lineId);
    if (line !== undefined) publishLine(line);
  });
  const core = new InviteCore({
    clock,
    random,
    sender: userAgent.sender,
    acknowledge: (ack, dialog, way) => userAgent.acknowledge(ack, dialog.nextHop, way),
  });
  const calls = new Calls({
    directory,
    clock,
    random,
    logger,
    phones,
    core,
    contactUri: (user, flow) => contactUri(user, userAgent.contactAddress(flow)),
    leadsBack: (server) => userAgent.isOwnServer(server) || lines.isPbxAddress(server.address),
    observer: observeCalls(means, callLog, listeners, (call) => contradictions.observe(call)),
  });
  const checks = new Checks({
    directory,
    lines,
    core,
    sender: userAgent.sender,
    clock,
    random,
    logger,
    onChange: (run) => events.publish("check", () => describeCheck(run)),
  });
  const contradictions = new Contradictions({
    clock,
    directory,
    callsOf: (lineId) => lines.find(lineId)?.callsInProgress ?? 0,
    onContradicted(pbx, finding) {
      logger.warn({ pbx, finding }, "a call went otherwise than a check has found; check the PBX again");
      directory.contradictFinding(pbx, finding, clock.wallTime()).catch((fault: unknown) => {
        logger.error({ pbx, finding, error: fault }, "what a call contradicts could not be kept");
      });
    },
  });
  const requests = new LineRequests({
    directory,
    lines,
    calls,
    core,
    phones,
    claimTestCall: (line, transaction, request, flow) => checks.claim(line, transaction, request, flow),
    clock,
    strangers: options.strangers ?? "refuse",
    onRefused: (reason) => metrics.countDropped(reason),
  });
  return { userAgent, phones, lines, core, calls, checks, contradictions };
}

function observeCalls(
  { logger, metrics, events }: Means,
  callLog: CallLog,
  listeners: CallListeners,
  observe: (call: Call) => void,
): CallObserver {
  return {
    onDecided(call) {
      events.publish("call", () => describeCallForApi(describeCall(call)), call.line.id);
      observe(call);
      for (const listener of listeners) listener(describeCall(call));
    },
    onEnded(call, durationMs) {
      countCall(metrics, call);
      const record = describeCall(call, durationMs);
      callLog.record(record);
      logger.info({ call: record }, "call");
    },
    onLimit: (line, { code, limit }) => {
      metrics.countLimit();
      logger.warn(
        { line: line.id, limit, reason: code },
        "a line forwards more to outside than it may: look whether it is fraud",
      );
      events.publish("alarm", { kind: "forwarding-limit", line: line.id, reason: code, limit }, line.id);
    },
    onEnd: (end) => metrics.countEnd(end, callEnds[end]),
    onPlacedEnded(record) {
      metrics.countCall({ action: record.action });
      callLog.record(record);
      logger.info({ call: record }, "call");
    },
  };
}

/** Lines and phones follow the directory, now and with each change. */
function keepInStep(
  { events, cleanUps }: Means,
  directory: Directory,
  { userAgent, lines, phones }: Parts,
): void {
  const sync = (): void => {
    // Before the lines: they register at once.
    userAgent.trustServers(Array.from(directory.pbxs(), trustedServer));
    lines.sync({
      pbxs: directory.pbxs(),
      profileOf: (pbx) => directory.profileOf(pbx),
      groups: directory.groups(),
      lines: directory.lines(),
    });
    phones.sync();
  };
  sync();
  cleanUps.push(
    directory.onChange((event) => {
      if (event.kind === "installation") sync();
      publishChange(events, event);
    }),
  );
}

async function serveApi(
  { options, clock, random, logger, metrics, events, cleanUps }: Means,
  { store, callLog, directory }: Storage,
  { userAgent, lines, phones, checks }: Parts,
  state: HealthReport["state"],
): Promise<ListenAddress> {
  const lineStates = createLineStates(lines, phones);
  watch(metrics, lines, userAgent, callLog);
  const localSecret = random.token(256);
  const server = await createHttpServer({
    application: {
      directory,
      lineStates,
      callLog,
      explainer: createExplainer({ directory, lineStates, clock }),
      events,
      tokens: new TokenCheck(directory),
      configurations: createConfigurationFiles(directory),
      health: { state, checks: () => ({ storage: store.available }) },
      metrics,
      checks,
    },
    clock,
    logger,
    version,
    localSecret,
  });
  cleanUps.push(() => server.close());
  const http = await server.listen(options.http);
  await writeServerFile(options.dataFolder, { url: localUrl(http), pid: process.pid, secret: localSecret });
  cleanUps.push(() => removeServerFile(options.dataFolder, process.pid));
  return http;
}

function linesIn(state: RegistrationStatus, lines: readonly Line[]): Line[] {
  return lines.filter(({ registration }) => registration.state === state);
}

function readListeningPoints(uris: readonly string[]): ListeningPoint[] {
  const faults: string[] = [];
  const points: ListeningPoint[] = [];
  for (const uri of uris) {
    const point = parseListeningPoint(uri);
    if (point.ok) points.push(point.value);
    else faults.push(point.failure);
  }
  if (faults.length > 0) throw new Refusal("invalid-input", faults.join(" "));
  return points;
}

async function listen(userAgent: UserAgent, points: readonly ListeningPoint[]): Promise<ListeningPoint[]> {
  const open: ListeningPoint[] = [];
  for (const point of points) {
    const opened = await userAgent.listen(point);
    if (!opened.ok) throw new Refusal("address-unavailable", `${opened.failure}.`);
    open.push({ ...point, port: opened.value.localPort });
  }
  return open;
}

async function applyFile(
  directory: Directory,
  file: string,
  environment: StartOptions["environment"],
  logger: Logger,
): Promise<void> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new Refusal("invalid-configuration", `${file} cannot be read: ${fileFault(error)}.`);
  });
  const loaded = loadConfiguration(text, { file: basename(file), environment });
  if (!loaded.ok) {
    const count = loaded.failure.length;
    const message = `The configuration has ${count === 1 ? "a fault" : `${count} faults`}; nothing was changed.`;
    throw new Refusal("invalid-configuration", message, loaded.failure);
  }
  const report = await directory.apply(loaded.value);
  for (const kept of report.kept) logger.warn({ kept }, "a rule stays as its user has set it");
  for (const warning of report.warnings) logger.warn({ ...warning }, "configuration");
}

function countCall(metrics: Metrics, { decision }: Call): void {
  const { action } = decision;
  if (action === "redirect" || action === "relay") metrics.countCall({ action, ...decision.rule });
  else metrics.countCall({ action });
}

function publishChange(events: EventHub, event: DirectoryEvent): void {
  if (event.kind === "installation") {
    events.publish("configuration", { actor: event.actor, sections: event.sections });
    return;
  }
  if (event.kind === "doNotDisturb") {
    const { line, setting, actor } = event;
    events.publish("dnd", { line, ...setting, actor }, line);
    return;
  }
  // Who follows a check hears of its findings as they come.
  if (event.kind === "findings") return;
  const { kind, ...change } = event;
  events.publish(kind, change, "line" in event.owner ? event.owner.line : undefined);
}

function watch(metrics: Metrics, lines: Lines, userAgent: UserAgent, callLog: CallLog): void {
  metrics.watch("divert_lines", "Lines by the state of their registration.", ["state"], () => {
    const counts = new Map<string, number>();
    for (const { registration } of lines.all()) {
      counts.set(registration.state, (counts.get(registration.state) ?? 0) + 1);
    }
    return [...counts].map(([state, value]) => ({ labels: [state], value }));
  });
  metrics.watch("divert_sip_transactions", "SIP transactions that are open.", ["kind"], () => {
    const { inviteServer, nonInviteServer, inviteClient, nonInviteClient } = userAgent.counts();
    return Object.entries({ inviteServer, nonInviteServer, inviteClient, nonInviteClient }).map(
      ([kind, value]) => ({ labels: [kind], value }),
    );
  });
  metrics.watch("divert_call_log_dropped", "Calls that the log could not take.", [], () => [
    { labels: [], value: callLog.dropped },
  ]);
}
