import { once } from "node:events";
import { connect, createServer } from "node:net";
import { fail, succeed } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import { isIpv6Address, isWildcardAddress } from "./ip-address.ts";
import { StreamTransport } from "./stream-transport.ts";
import type { StreamTransportOptions } from "./stream-transport.ts";
import { listenFailureOf } from "./transport-error.ts";

/** Connections that wait to be taken up while the event loop is busy. */
const backlog = 1024;

/** SIP over TCP (RFC 3261 §18). The failure is the rest of a sentence: why the port cannot be opened. */
export async function openTcpTransport(
  options: StreamTransportOptions,
): Promise<Result<StreamTransport, string>> {
  const server = createServer();
  try {
    // IPv4 has a socket of its own, so that no address ever is `::ffff:192.0.2.1`.
    const ipv6Only = isIpv6Address(options.address);
    server.listen({ host: options.address, port: options.port, ipv6Only, backlog });
    await once(server, "listening");
  } catch (error) {
    return fail(listenFailureOf(error));
  }
  // A peer learns our address from where we connect, so it is the one we listen at.
  const from = isWildcardAddress(options.address) ? {} : { localAddress: options.address };
  const transport = new StreamTransport(
    {
      protocol: "TCP",
      server,
      connect: (address, port) => succeed(connect({ host: address, port, ...from })),
    },
    options,
  );
  server.on("connection", (socket) => transport.accept(socket));
  return succeed(transport);
}
