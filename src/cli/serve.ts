import { systemClock } from "../base/clock.ts";
import { StopSignals } from "../base/stop-signals.ts";
import { type Command, readArguments } from "./command.ts";
import { readServeOptions, serveOptions } from "./serve-options.ts";

export const serve: Command = {
  name: "serve",
  summary: "run the server",
  usage: `Usage: divert serve [options]

  --data DIR        data folder (default ./data, or DIVERT_DATA)
  --http HOST:PORT  where the API listens (default 127.0.0.1:8080, or DIVERT_HTTP)
  --sip URI         where SIP listens, repeatable: udp://0.0.0.0:5060, tcp://..., ws://...,
                    tls://0.0.0.0:5061?cert=FILE&key=FILE, wss://... with the same (or DIVERT_SIP, separated by commas)
  --database URL    absent: SQLite in the data folder (or DIVERT_DATABASE_URL)
  --apply FILE      bring the configuration in FILE in first
  --drain SECONDS   how long calls may go on when it stops (default 5, or DIVERT_DRAIN)

SIGTERM rings no more phones, lets calls go on for that time, ends those that are left, de-registers the lines and stops; a
second one, more than a second later, stops at once.
SIGHUP reads the certificates again, without harm to connections; they are looked at every ten seconds anyway. In a
terminal it stops the server, since the terminal is gone.`,
  async run(args, terminal) {
    const { values } = readArguments(args, serveOptions, []);
    const options = readServeOptions(values, terminal.environment);
    const stopping = new StopSignals(systemClock, process, (status) => process.exit(status));
    // All of the server is loaded here alone: the other commands start the quicker for it.
    const { startDivert } = await import("../main.ts");
    const divert = await startDivert(options);
    // A terminal that closes says so by SIGHUP too, and means the end.
    const isInTerminal = process.stdin.isTTY || process.stdout.isTTY;
    if (!isInTerminal) stopping.onHangUp = () => void divert.reloadCertificates();
    await stopping.first;
    await divert.close();
    stopping.close();
  },
};
