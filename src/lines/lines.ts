import type { LineGroup } from "../directory/installation.ts";
import type { PbxConfiguration } from "../pbx/pbx-configuration.ts";
import type { Profile } from "../pbx/profile.ts";
import type { Flow } from "../sip/user-agent.ts";
import { Line } from "./line.ts";
import type { HeldLineConfiguration } from "./line.ts";
import { PbxLink } from "./pbx-link.ts";
import type { LinePorts, PbxView } from "./pbx-link.ts";

/** What is to be held, checked and without dangling references. */
export interface LineInstallation {
  readonly pbxs: Iterable<PbxConfiguration>;
  /** A PBX's profile with its own keys laid over. */
  readonly profileOf: (pbx: PbxConfiguration) => Profile;
  readonly groups: Iterable<LineGroup>;
  readonly lines: Iterable<HeldLineConfiguration>;
}

export interface LinesUser {
  /** Registration or calls of a line are others than before. */
  lineChanged(line: Line): void;
  /** A PBX answers, or does not any more. */
  pbxChanged(pbxId: string, view: PbxView): void;
}

/** Which lines this node holds: their registrations, and which calls are up. */
export class Lines {
  readonly #ports: LinePorts;
  readonly #user: LinesUser;
  readonly #links = new Map<string, PbxLink>();
  readonly #byId = new Map<string, Line>();
  readonly #byToken = new Map<string, Line>();
  /** Links of PBXs that are gone, until their lines are de-registered. */
  readonly #leaving = new Set<Promise<void>>();
  #isClosed = false;

  constructor(ports: LinePorts, user: LinesUser) {
    this.#ports = ports;
    this.#user = user;
  }

  get size(): number {
    return this.#byId.size;
  }

  find(id: string): Line | undefined {
    return this.#byId.get(id);
  }

  /** The line whose Contact has this user part. */
  findByContactToken(token: string): Line | undefined {
    return this.#byToken.get(token);
  }

  all(): IterableIterator<Line> {
    return this.#byId.values();
  }

  pbx(id: string): PbxView | undefined {
    return this.#links.get(id)?.view;
  }

  /** Whether what came by this path may come from that PBX. */
  isAcceptedSource(pbxId: string, flow: Flow): boolean {
    return this.#links.get(pbxId)?.isAcceptedSource(flow) === true;
  }

  /** A connection has closed. If a PBX was at its other end, it is asked soon whether it still knows its lines. */
  flowClosed(flow: Flow): void {
    for (const link of this.#links.values()) link.flowClosed(flow);
  }

  /** Whether a PBX is found at that host and port. */
  isAt(host: string, port: number): boolean {
    for (const link of this.#links.values()) if (link.isAt(host, port)) return true;
    return false;
  }

  /** Ids of the PBXs that may speak to us by this path; none: a stranger. */
  pbxsAt(flow: Flow): string[] {
    return [...this.#links].filter(([, link]) => link.isAcceptedSource(flow)).map(([id]) => id);
  }

  /** Whether a PBX may speak to us from that address. */
  isPbxAddress(address: string): boolean {
    return this.#links.values().some((link) => link.isAcceptedAddress(address));
  }

  /** Brings what is held in line with what is configured. Lines that stay as they are notice nothing. */
  sync(installation: LineInstallation): void {
    if (this.#isClosed) return;
    const groups = new Map([...installation.groups].map((group) => [group.id, group]));
    const replaced = this.#syncLinks(installation);
    const kept = new Set<string>();
    for (const configuration of installation.lines) {
      const group = groups.get(configuration.group);
      const link = group === undefined ? undefined : this.#links.get(group.pbx);
      if (group === undefined || link === undefined) continue;
      kept.add(configuration.id);
      this.#syncLine(configuration, group, link);
    }
    for (const line of this.#byId.values()) if (!kept.has(line.id)) this.#removeLine(line);
    for (const link of replaced) this.#letGo(link);
  }

  /**
   * De-registers all lines, each PBX at its pace and for at most `withinMs`; bindings left then run out by themselves.
   * Idempotent.
   */
  async close(withinMs = 5_000): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#leaving, ...[...this.#links.values()].map((link) => link.close(withinMs))]);
  }

  /** The links that no line may use any more. */
  #syncLinks({ pbxs, profileOf }: LineInstallation): PbxLink[] {
    const left = new Map(this.#links);
    const replaced: PbxLink[] = [];
    for (const configuration of pbxs) {
      const profile = profileOf(configuration);
      const before = left.get(configuration.id);
      left.delete(configuration.id);
      if (before !== undefined) {
        if (linkKey(before.configuration, before.profile) === linkKey(configuration, profile)) continue;
        replaced.push(before);
      }
      const link: PbxLink = new PbxLink(configuration, profile, this.#ports, () =>
        this.#user.pbxChanged(configuration.id, link.view),
      );
      this.#links.set(configuration.id, link);
      link.start();
    }
    for (const [id, link] of left) {
      this.#links.delete(id);
      replaced.push(link);
    }
    return replaced;
  }

  #syncLine(configuration: HeldLineConfiguration, group: LineGroup, link: PbxLink): void {
    const before = this.#byId.get(configuration.id);
    if (before === undefined) {
      const line = new Line(configuration, group, link, (changed) => this.#user.lineChanged(changed));
      this.#byId.set(line.id, line);
      this.#byToken.set(configuration.contactToken, line);
      line.start();
      return;
    }
    const { contactToken } = before.configuration;
    if (contactToken !== configuration.contactToken) {
      this.#byToken.delete(contactToken);
      this.#byToken.set(configuration.contactToken, before);
    }
    before.reconfigure(configuration, group, link);
  }

  #removeLine(line: Line): void {
    this.#byId.delete(line.id);
    this.#byToken.delete(line.configuration.contactToken);
    line.remove();
  }

  #letGo(link: PbxLink): void {
    const gone = link.close(60_000).finally(() => this.#leaving.delete(gone));
    this.#leaving.add(gone);
  }
}

/** What of a PBX concerns its registrations; a change of anything else needs no new link. */
function linkKey(
  { registrar, domain, realm, outboundProxy, addresses, tls }: PbxConfiguration,
  { expires, registerRate, keepAlive, keepAliveSeconds }: Profile,
): string {
  const place = [registrar, domain, realm, outboundProxy, addresses, tls];
  return JSON.stringify([...place, expires, registerRate, keepAlive, keepAliveSeconds]);
}
