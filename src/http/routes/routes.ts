/** All routes, in the order in which the description tells them. */
import type { Clock } from "../../base/clock.ts";
import type { App } from "../app.ts";
import type { Application } from "../application.ts";
import { listCalls } from "./calls/list-calls.ts";
import { getCheck } from "./checks/get-check.ts";
import { startCheck } from "./checks/start-check.ts";
import { stopCheck } from "./checks/stop-check.ts";
import { applyConfiguration } from "./configuration/apply-configuration.ts";
import { exportConfiguration } from "./configuration/export-configuration.ts";
import { getDnd } from "./dnd/get-dnd.ts";
import { removeDnd } from "./dnd/remove-dnd.ts";
import { setDnd } from "./dnd/set-dnd.ts";
import { type EventStreams, streamEvents } from "./events/stream-events.ts";
import { getForwarding } from "./forwardings/get-forwarding.ts";
import { listForwardings } from "./forwardings/list-forwardings.ts";
import { groupOwner, lineOwner } from "./forwardings/owner.ts";
import { removeForwarding } from "./forwardings/remove-forwarding.ts";
import { setForwarding } from "./forwardings/set-forwarding.ts";
import { listGroups } from "./groups/list-groups.ts";
import { getHealth } from "./health/get-health.ts";
import { getMetrics } from "./health/get-metrics.ts";
import { getReadiness } from "./health/get-readiness.ts";
import { explainCall } from "./lines/explain-call.ts";
import { getLine } from "./lines/get-line.ts";
import { listLines } from "./lines/list-lines.ts";
import { tryCallerAtPbx } from "./numbers/try-caller.ts";
import { tryTargetAtPbx } from "./numbers/try-target.ts";
import { listPbxs } from "./pbxs/list-pbxs.ts";
import { listProfiles } from "./profiles/list-profiles.ts";
import { listSites } from "./sites/list-sites.ts";
import { listTokens } from "./tokens/list-tokens.ts";
import { listUsers } from "./users/list-users.ts";

/** What it returns ends the event streams. */
export async function addRoutes(app: App, application: Application, clock: Clock): Promise<EventStreams> {
  listLines(app, application);
  getLine(app, application);
  explainCall(app, application);
  for (const kind of [lineOwner, groupOwner]) {
    listForwardings(app, application, kind);
    getForwarding(app, application, kind);
    setForwarding(app, application, kind);
    removeForwarding(app, application, kind);
  }
  getDnd(app, application);
  setDnd(app, application);
  removeDnd(app, application);
  listCalls(app, application);
  listGroups(app, application);
  listPbxs(app, application);
  listProfiles(app, application);
  tryCallerAtPbx(app, application);
  tryTargetAtPbx(app, application);
  startCheck(app, application);
  getCheck(app, application);
  stopCheck(app, application);
  listSites(app, application);
  listUsers(app, application);
  listTokens(app, application);
  await applyConfiguration(app, application);
  exportConfiguration(app, application);
  getHealth(app, application);
  getReadiness(app, application);
  getMetrics(app, application);
  return streamEvents(app, application, clock);
}
