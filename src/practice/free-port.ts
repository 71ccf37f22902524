import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

/** The port asked for when nobody else has it on that address, or else 0: any that is free. */
export async function freePort(protocol: "UDP" | "TCP", address: string, wanted: number): Promise<number> {
  const isFree = protocol === "UDP" ? await canBind(address, wanted) : await canListen(address, wanted);
  return isFree ? wanted : 0;
}

async function canBind(address: string, port: number): Promise<boolean> {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  try {
    socket.bind({ port, address, exclusive: true });
    await once(socket, "listening");
    return true;
  } catch {
    // In use, or not to be had for another reason: the one who wants it is to take another.
    return false;
  } finally {
    socket.close();
  }
}

async function canListen(host: string, port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host, exclusive: true });
    await once(server, "listening");
    return true;
  } catch {
    // As above.
    return false;
  } finally {
    server.close();
  }
}
