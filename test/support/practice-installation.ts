/**
 * A whole Divert with three lines at a practice PBX, on real sockets; one clock for both, which stands still until the test
 * moves it. What the PBX does wrong can be changed while it runs.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Logger, silentLogger } from "../../src/base/logger.ts";
import type { Result } from "../../src/base/result.ts";
import type { Divert } from "../../src/main.ts";
import { startDivert } from "../../src/main.ts";
import { OutsideWorld } from "../../src/practice/outside-world.ts";
import { PracticePbx } from "../../src/practice/practice-pbx.ts";
import type { PracticeExtension } from "../../src/practice/practice-settings.ts";
import { SimulatedPhone } from "../../src/practice/simulated-phone.ts";
import { serializeSipUri } from "../../src/sip/user-agent.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import type { ApiAnswer } from "./divert-under-test.ts";
import { FakeClock } from "./fake-clock.ts";
import { SeededRandom } from "./seeded-random.ts";

const domain = "pbx.example";
const directDial = "+49815136856";
const lines = ["101", "102", "103"] as const;
const accounts: readonly PracticeExtension[] = [...lines, "105", "500"].map((extension) => ({
  extension,
  password: `secret-${extension}`,
  secondCall: true,
}));

export class PracticeInstallation {
  readonly clock = new FakeClock();
  readonly #random = new SeededRandom(1);
  readonly #closing: (() => Promise<unknown>)[] = [];
  readonly #address = loopbackAddress();
  #pbx: PracticePbx | undefined;
  #divert: Divert | undefined;
  #outside: OutsideWorld | undefined;

  /** Resolves when the lines are registered. `pbx`: keys of the PBX in the configuration. */
  static async start(pbx: Readonly<Record<string, unknown>> = {}): Promise<PracticeInstallation> {
    const installation = new PracticeInstallation();
    await installation.#start(pbx);
    return installation;
  }

  get pbx(): PracticePbx {
    assert.ok(this.#pbx !== undefined);
    return this.#pbx;
  }

  get divert(): Divert {
    assert.ok(this.#divert !== undefined);
    return this.#divert;
  }

  get outside(): OutsideWorld {
    assert.ok(this.#outside !== undefined);
    return this.#outside;
  }

  /** Somebody at the PBX itself, whose phone Divert knows nothing of. */
  async phone(extension: string): Promise<SimulatedPhone> {
    const { password = "" } = accounts.find((account) => account.extension === extension) ?? {};
    const phone = this.#keep(
      await SimulatedPhone.open({
        ...this.#surroundings,
        extension,
        password,
        domain,
        pbx: serializeSipUri(this.pbx.uri),
        listen: this.#point,
      }),
    );
    assert.equal(await this.within(phone.register()), 200);
    return phone;
  }

  /** Changes what the PBX knows of an extension. */
  setExtension(extension: string, change: Partial<PracticeExtension>): void {
    const account = accounts.find((each) => each.extension === extension);
    assert.ok(account !== undefined);
    this.pbx.setExtension({ ...account, ...change });
  }

  async ask(method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    const { host, port } = this.divert.http;
    const response = await fetch(`http://${host}:${port}/api${path}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : (JSON.parse(text) as unknown) };
  }

  /** Lets time pass in small steps until something has come about; fails after ten minutes of that time. */
  async passUntil(condition: () => boolean, stepMs = 20): Promise<void> {
    const deadline = this.clock.now() + 600_000;
    for (let turn = 0; !condition(); turn++) {
      assert.ok(this.clock.now() < deadline, `${condition.toString()} did not come about`);
      // What is on its way between sockets takes turns of the event loop and no time of this clock.
      if (turn % 10 === 9) await this.clock.advanceAsync(stepMs);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Lets time pass until the promise is settled. */
  async within<Value>(promise: Promise<Value>): Promise<Value> {
    let isSettled = false;
    const settled = promise.finally(() => (isSettled = true));
    await this.passUntil(() => isSettled);
    return await settled;
  }

  async close(): Promise<void> {
    for (const close of this.#closing.reverse()) await this.within(close());
  }

  get #point() {
    return { protocol: "UDP", address: this.#address, port: 0 } as const;
  }

  get #surroundings() {
    return { clock: this.clock, random: this.#random, logger: silentLogger satisfies Logger };
  }

  async #start(pbx: Readonly<Record<string, unknown>>): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "divert-practice-"));
    this.#closing.push(() => rm(folder, { recursive: true, force: true }));
    this.#outside = this.#keep(await OutsideWorld.open(this.#surroundings, this.#point));
    this.#pbx = this.#keep(
      await PracticePbx.open({
        ...this.#surroundings,
        listen: this.#point,
        domain,
        extensions: accounts,
        mainNumber: directDial,
        trunk: this.#outside.uri,
      }),
    );
    const applyFile = join(folder, "divert.yaml");
    // JSON is YAML.
    await writeFile(
      applyFile,
      JSON.stringify(configurationOf(`${serializeSipUri(this.#pbx.uri)};transport=udp`, pbx)),
    );
    this.#divert = await startDivert({
      dataFolder: join(folder, "data"),
      http: { host: "127.0.0.1", port: 0 },
      sip: [`udp://${loopbackAddress()}:0`],
      applyFile,
      environment: {},
      logger: silentLogger,
      clock: this.clock,
      random: this.#random,
    });
    const { divert } = this;
    this.#closing.push(() => divert.close());
    await this.passUntil(() => lines.every((line) => this.pbx.isRegistered(line)));
    await this.passUntil(() =>
      [...divert.lines.all()].every(({ registration }) => registration.state === "registered"),
    );
  }

  #keep<Opened extends { close(): Promise<unknown> }>(opened: Result<Opened, string>): Opened {
    assert.ok(opened.ok);
    this.#closing.push(() => opened.value.close());
    return opened.value;
  }
}

function configurationOf(registrar: string, pbx: Readonly<Record<string, unknown>>): object {
  return {
    sites: [
      {
        id: "office",
        countryCode: "49",
        areaCode: "8151",
        mainNumber: "36856",
        extensions: ["100-399", "500"],
      },
    ],
    pbxs: [{ id: "hq", profile: "generic", site: "office", registrar, domain, ...pbx }],
    groups: [{ id: "all", pbx: "hq" }],
    lines: lines.map((id) => ({ id, group: "all", username: id, password: `secret-${id}` })),
  };
}
