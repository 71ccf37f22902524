/**
 * Where test calls are made: lines call one another through their PBX, and what arrives of it is caught before any rule or
 * phone sees it. Every other call, also to a line under test, goes its usual way.
 */
import type { Clock } from "../base/clock.ts";
import type { RandomSource } from "../base/random.ts";
import { lineAtPbx } from "../calls/line-at-pbx.ts";
import { type IncomingCall, readCall } from "../calls/read-call.ts";
import type { LineSetup } from "../directory/directory.ts";
import type { Line } from "../lines/line.ts";
import type { Flow, InviteCore, ServerTransaction, SipRequest } from "../sip/user-agent.ts";
import { ArrivedTestCall } from "./arrived-test-call.ts";
import { PlacedTestCall } from "./placed-test-call.ts";
import { Wait } from "./wait.ts";

export interface TestBenchPorts {
  readonly core: InviteCore;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly setupOf: (lineId: string) => LineSetup | undefined;
}

/** A test call that is expected at a line. */
interface Expectation {
  readonly call: PlacedTestCall;
  /** By whose name the PBX may bring it. */
  readonly from: readonly Line[];
  readonly line: Line;
  readonly since: number;
  readonly wait: Wait<ArrivedTestCall>;
}

/** A call that has nothing to do with the check. */
export interface OthersCall {
  readonly incoming: IncomingCall;
  readonly request: SipRequest;
}

/** A PBX may try a line again, or late: what is left of a test call is caught for so long after its end. */
const lingerMs = 15_000;
/** When the caller has heard the end of it, what is still on its way arrives within this time. */
const graceMs = 300;

export class TestBench {
  readonly #ports: TestBenchPorts;
  readonly #expectations: Expectation[] = [];
  readonly #placed: PlacedTestCall[] = [];
  readonly #arrived: ArrivedTestCall[] = [];
  #awaited: { readonly line: Line; readonly wait: Wait<OthersCall> } | undefined;
  #isClosed = false;

  constructor(ports: TestBenchPorts) {
    this.#ports = ports;
  }

  hasClosed(): boolean {
    return this.#isClosed;
  }

  /** A line calls a number of its PBX. */
  place(from: Line, dialled: string): PlacedTestCall {
    const { random } = this.#ports;
    const marker = String(Number.parseInt(random.token(48), 16));
    const plan = { from, dialled, marker, callId: random.token(128), fromTag: random.token(64) };
    const placed = new PlacedTestCall(this.#ports, plan);
    this.#placed.push(placed);
    if (this.#isClosed) placed.end();
    return placed;
  }

  /**
   * The test call as it arrives at a line; undefined: it has not in that time, or its caller has heard the end of it.
   * `by`: the line that has sent it there.
   */
  async arrival(
    call: PlacedTestCall,
    line: Line,
    withinMs: number,
    by?: Line,
  ): Promise<ArrivedTestCall | undefined> {
    if (this.#isClosed) return undefined;
    const { clock } = this.#ports;
    const wait = new Wait<ArrivedTestCall>(clock, withinMs);
    const from = by === undefined ? [call.plan.from] : [call.plan.from, by];
    this.#expectations.push({ call, from, line, since: clock.now(), wait });
    const giveUp = (): void => void clock.after(graceMs, () => wait.cancel());
    if (call.state.kind === "pending") call.onOver = giveUp;
    else giveUp();
    return await wait.result;
  }

  /** The next call to a line that is none of ours, as it is read; it goes its usual way. */
  async othersCall(line: Line, withinMs: number): Promise<OthersCall | undefined> {
    if (this.#isClosed) return undefined;
    const wait = new Wait<OthersCall>(this.#ports.clock, withinMs);
    this.#awaited = { line, wait };
    const seen = await wait.result;
    this.#awaited = undefined;
    return seen;
  }

  /**
   * A call came to a line, from its own PBX. True: it is a test call, and taken. Asked before anything else is done
   * with it.
   */
  claim(line: Line, transaction: ServerTransaction, request: SipRequest, flow: Flow): boolean {
    const setup = this.#ports.setupOf(line.id);
    if (setup === undefined) return false;
    const at = lineAtPbx(setup);
    const incoming = readCall(request, flow, at);
    const expected = this.#expectations.findLast(
      (expectation) => expectation.line === line && this.#isOf(expectation, request, incoming),
    );
    if (expected === undefined) {
      if (this.#awaited?.line === line) this.#awaited.wait.fulfil({ incoming, request });
      return false;
    }
    const { clock, core } = this.#ports;
    const arrived = new ArrivedTestCall(clock, {
      line,
      at,
      incoming,
      afterMs: Math.round(clock.now() - expected.since),
      invite: core.take(transaction, request),
    });
    if (this.#isClosed || this.#arrived.length >= mostArrivals) arrived.end();
    else {
      this.#arrived.push(arrived);
      expected.wait.fulfil(arrived);
    }
    return true;
  }

  /** Ends the calls that are up. What still comes of them is refused as busy for a while. */
  clear(): void {
    for (const call of this.#arrived.splice(0)) call.end();
    const placed = this.#placed.splice(0);
    for (const call of placed) call.end();
    for (const { wait } of this.#expectations) wait.cancel();
    this.#awaited?.wait.cancel();
    this.#ports.clock.after(lingerMs, () => this.#forget(placed));
  }

  /** Ends everything; whoever waits is told that nothing came. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.clear();
  }

  /**
   * Whether a call that came is that test call. A proxy keeps the Call-ID, a switch without media of its own the session
   * description; any other says who calls, and the line that does has no other call.
   */
  #isOf({ call, from }: Expectation, request: SipRequest, { facts }: IncomingCall): boolean {
    const { plan } = call;
    if (request.callId === plan.callId || request.body.includes(` ${plan.marker} `)) return true;
    return from.some((line) => line.callsInProgress === 0 && this.#isNamed(line, facts.caller.identity));
  }

  #isNamed(line: Line, identity: string): boolean {
    const setup = this.#ports.setupOf(line.id);
    return setup !== undefined && lineAtPbx(setup).identities.includes(identity);
  }

  #forget(calls: readonly PlacedTestCall[]): void {
    const left = this.#expectations.filter(({ call }) => !calls.includes(call));
    this.#expectations.splice(0, this.#expectations.length, ...left);
  }
}

/** A PBX that turns a test call in a circle is not followed further. */
const mostArrivals = 20;
