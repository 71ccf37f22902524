/** What `npm start` runs: Divert beside the practice PBX, with people who call every few seconds. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../base/clock.ts";
import { silentLogger } from "../base/logger.ts";
import { systemRandom } from "../base/random.ts";
import { Refusal } from "../base/refusal.ts";
import type { Result } from "../base/result.ts";
import { StopSignals } from "../base/stop-signals.ts";
import { localUrl } from "../http/listen-address.ts";
import { startDivert } from "../main.ts";
import type { CallRecord } from "../calls/call-log.ts";
import type { Divert } from "../main.ts";
import { openLog } from "../observe/log.ts";
import { serializeListeningPoint, serializeSipUri } from "../sip/user-agent.ts";
import { CallJournal, formatJournalLine } from "./call-journal.ts";
import { freePort } from "./free-port.ts";
import { OutsideWorld } from "./outside-world.ts";
import {
  createAccounts,
  createPhonePasswords,
  directDial,
  lines,
  office,
  phones,
  writeConfiguration,
} from "./practice-office.ts";
import { PracticePbx } from "./practice-pbx.ts";
import type { PracticeExtension } from "./practice-settings.ts";
import { SimulatedPhone } from "./simulated-phone.ts";
import { SimulatedTraffic, officeDay } from "./simulated-traffic.ts";

const address = "127.0.0.1";
const wantedPorts = { sip: 5060, pbx: 5070, http: 8080 };
const surroundings = { clock: systemClock, random: systemRandom, logger: silentLogger };
const pickUpMs = 300;

/** Closed in the opposite order. */
const closing: (() => Promise<void> | void)[] = [];

/** Somebody wants it to end. */
const stopped = Promise.withResolvers<true>();
const stopping = new StopSignals(systemClock, process, (status) => process.exit(status));
void stopping.first.then(() => stopped.resolve(true));
// Whoever read what is printed has gone, as `head` does.
process.stdout.on("error", () => stopped.resolve(true));

try {
  await run();
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  const faults = error.faults.map(({ place, path, message }) => `  ${place ?? path}: ${message}`);
  process.stderr.write(`${[error.message, ...faults].join("\n")}\n`);
  process.exitCode = 1;
} finally {
  for (const close of closing.reverse()) await close();
  stopping.close();
}

async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "divert-practice-"));
  closing.push(() => rm(folder, { recursive: true, force: true }));
  const newPassword = (): string => systemRandom.token(64);
  const accounts = createAccounts(newPassword);
  const phonePasswords = createPhonePasswords(newPassword);

  const outside = open(await OutsideWorld.open(surroundings, { protocol: "UDP", address, port: 0 }));
  outside.answering = { kind: "answer", afterMs: pickUpMs };
  const pbx = await openPbx(accounts, outside);
  const divert = await openDivert(folder, writeConfiguration(registrarOf(pbx), accounts, phonePasswords));
  const desk = await openPhones(pbx, accounts);
  await openPhonesOfLines(divert, phonePasswords);

  const journal = new CallJournal((line) => print(formatJournalLine(line, process.stdout.isTTY)));
  divert.onCall((call) => journal.decided({ ...call, ...secondsOf(divert, call) }));
  pbx.onCall((report) => journal.reported(report));
  introduce(divert, pbx, folder);

  const traffic = new SimulatedTraffic(systemClock, officeDay, (from, to) => {
    const phone = desk.get(from);
    return phone === undefined ? outside.call(from, directDial + to, pbx.uri) : phone.call(to);
  });
  closing.push(() => traffic.close());
  const linesAreUp = linesRegistered(pbx).then(() => traffic.start());
  await Promise.race([linesAreUp, stopped.promise]);
  await stopped.promise;
  print("\nStopping: the lines take their registrations back.");
}

async function openPbx(accounts: readonly PracticeExtension[], outside: OutsideWorld): Promise<PracticePbx> {
  const port = await freePort("UDP", address, wantedPorts.pbx);
  return open(
    await PracticePbx.open({
      ...surroundings,
      listen: { protocol: "UDP", address, port },
      domain: office.domain,
      extensions: accounts,
      mainNumber: directDial,
      trunk: outside.uri,
    }),
  );
}

function registrarOf(pbx: PracticePbx): string {
  return `${serializeSipUri(pbx.uri)};transport=udp`;
}

async function openDivert(folder: string, configuration: string): Promise<Divert> {
  const applyFile = join(folder, "divert.yaml");
  await writeFile(applyFile, configuration, { mode: 0o600 });
  const points = [];
  for (const protocol of ["UDP", "TCP"] as const)
    points.push({ protocol, address, port: await freePort(protocol, address, wantedPorts.sip) });
  const divert = await startDivert({
    dataFolder: join(folder, "data"),
    http: { host: address, port: await freePort("TCP", address, wantedPorts.http) },
    sip: points.map(serializeListeningPoint),
    applyFile,
    environment: process.env,
    // Those who talk are no people.
    drainMs: 0,
    logger: openLog({ level: "error" }),
  });
  closing.push(() => divert.close());
  return divert;
}

async function openPhones(
  pbx: PracticePbx,
  accounts: readonly PracticeExtension[],
): Promise<ReadonlyMap<string, SimulatedPhone>> {
  const desk = new Map<string, SimulatedPhone>();
  for (const { extension, password, name } of accounts) {
    if (!phones.some((phone) => phone.extension === extension)) continue;
    const phone = open(
      await SimulatedPhone.open({
        ...surroundings,
        extension,
        password,
        ...(name === undefined ? {} : { name }),
        domain: office.domain,
        pbx: serializeSipUri(pbx.uri),
        listen: { protocol: "UDP", address, port: 0 },
        answering: { kind: "answer", afterMs: pickUpMs },
      }),
    );
    desk.set(extension, phone);
    const status = await phone.register();
    if (status !== 200)
      throw new Error(`the practice PBX answered ${status} to the registration of ${extension}`);
  }
  return desk;
}

/** The phones of Divert's own lines: they register at Divert, with their own user names and passwords. */
async function openPhonesOfLines(
  { sip }: Divert,
  phonePasswords: ReadonlyMap<string, string>,
): Promise<void> {
  for (const { phone } of lines) {
    const password = phone === undefined ? undefined : phonePasswords.get(phone.username);
    if (phone === undefined || password === undefined) continue;
    const { username, protocol, isAnswered } = phone;
    const port = sip.find((point) => point.protocol === protocol)?.port ?? wantedPorts.sip;
    const opened = open(
      await SimulatedPhone.open({
        ...surroundings,
        extension: username,
        password,
        domain: address,
        pbx: `sip:${address}:${port};transport=${protocol.toLowerCase()}`,
        listen: { protocol, address, port: 0 },
        answering: isAnswered ? { kind: "answer", afterMs: pickUpMs } : { kind: "ring" },
      }),
    );
    const status = await opened.register();
    if (status !== 200) throw new Error(`Divert answered ${status} to the registration of ${username}`);
  }
}

/** How long the phones rang before the rule that decided the call. */
function secondsOf({ directory }: Divert, { line, rule }: CallRecord): { afterSeconds?: number } {
  if (rule?.when !== "noAnswer") return {};
  const rules = directory.rulesOf(line)?.noAnswer ?? [];
  const found = rules.find(({ name }) => name.owner === rule.owner && name.callers === rule.callers);
  return found === undefined ? {} : { afterSeconds: found.afterSeconds };
}

/** Resolves when all lines of Divert can be called. */
async function linesRegistered(pbx: PracticePbx): Promise<void> {
  const areAll = (): boolean => lines.every(({ extension }) => pbx.isRegistered(extension));
  const { promise, resolve } = Promise.withResolvers<true>();
  const stop = pbx.onRegistration(() => {
    if (areAll()) resolve(true);
  });
  if (!areAll()) await promise;
  stop();
}

function introduce({ http, sip }: Divert, pbx: PracticePbx, folder: string): void {
  const url = localUrl(http);
  const rules = lines.flatMap(({ extension, rules: ofLine }) =>
    ofLine.map(({ when, callers, target, seconds }) => {
      const after = seconds === undefined ? "" : ` after ${seconds} s`;
      return `  ${extension}  ${when}${after}, ${callers} callers -> ${target}`;
    }),
  );
  const phonesOfLines = lines.flatMap(({ extension, phone }) => {
    if (phone === undefined) return [];
    const habit = phone.isAnswered ? "is answered" : "rings, and nobody answers";
    return [`  ${extension}  ${phone.username}, registered over ${phone.protocol}: ${habit}`];
  });
  print(
    [
      "Divert and a practice PBX, on this machine alone:",
      `  practice PBX  ${serializeSipUri(pbx.uri)}${instead(pbx.uri.port, wantedPorts.pbx)}`,
      `  Divert        ${sip.map(serializeListeningPoint).join(", ")}${instead(sip[0]?.port, wantedPorts.sip)}`,
      `  API           ${url}${instead(http.port, wantedPorts.http)}, described at ${url}/api/openapi.json`,
      `  data          ${folder}, removed at the end`,
      "Rules that are in place:",
      ...rules,
      "Phones at Divert, which ring where no rule forwards the call:",
      ...phonesOfLines,
      "Try one from another terminal, here in this folder:",
      `  npx divert forward set 104 always all 500 --server ${url}`,
      `  npx divert explain 103 105 --server ${url}`,
      `  npx divert line list --server ${url}`,
      `  npx divert calls --server ${url}`,
      `  npx divert check practice --ring 0 --server ${url}`,
      "Ctrl-C stops all of it. Calls, each told when it is clear where it goes; while it rings, its line is busy:",
    ].join("\n"),
  );
}

function instead(port: number | undefined, wanted: number): string {
  return port === wanted ? "" : ` (port ${wanted} is taken)`;
}

/** What was opened, and is closed at the end. */
function open<Opened extends { close(): Promise<void> }>(opened: Result<Opened, string>): Opened {
  if (!opened.ok) throw new Refusal("address-unavailable", `${opened.failure}.`);
  closing.push(() => opened.value.close());
  return opened.value;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
