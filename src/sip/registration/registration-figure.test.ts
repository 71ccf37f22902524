import assert from "node:assert/strict";
import { test } from "node:test";
import { figure } from "./registration-figure.ts";

/** The figure as it is read: every arrow, and by its absence here every missing one. */
const drawn = `
unregistered: start -> waiting (askForTurn)
waiting: turn -> registering (sendRegister)
waiting: close -> unregistered (tellClosed)
registering: accepted -> registered (keepBinding)
registering: refused -> rejected (backOff)
registering: failed -> waiting (backOff)
registering: close -> leaving ()
registered: turn -> refreshing (sendRegister)
registered: query -> querying (sendQuery)
registered: expired -> waiting (dropBinding, askForTurn)
registered: binding lost -> waiting (loseBinding, askForTurn)
registered: close -> unregistering (sendRemoval)
refreshing: accepted -> registered (keepBinding)
refreshing: refused -> rejected (dropBinding, backOff)
refreshing: failed -> registered (backOff)
refreshing: close -> leaving ()
querying: accepted -> registered (tellBindings, askForTurn)
querying: refused -> registered (askForTurn)
querying: failed -> registered (tellUnanswered, askForTurn)
querying: close -> leaving ()
rejected: turn -> registering (sendRegister)
rejected: close -> unregistered (tellClosed)
leaving: accepted -> unregistering (sendRemoval)
leaving: refused -> unregistering (sendRemoval)
leaving: failed -> unregistered (dropBinding, tellClosed)
unregistering: accepted -> unregistered (dropBinding, tellClosed)
unregistering: refused -> unregistered (dropBinding, tellClosed)
unregistering: failed -> unregistered (dropBinding, tellClosed)
`;

test("the figure has these arrows with these actions and no others", () => {
  const arrows = Object.entries(figure).flatMap(([state, row]) =>
    Object.entries(row).map(([event, arrow]) => {
      const actions = arrow.actions.map((action) => action.name).join(", ");
      return `${state}: ${event} -> ${arrow.to} (${actions})`;
    }),
  );
  assert.deepEqual(arrows, drawn.trim().split("\n"));
});
