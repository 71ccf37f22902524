import { constants } from "node:crypto";
import { once } from "node:events";
import { isIP } from "node:net";
import type { Socket } from "node:net";
import { connect, createSecureContext, createServer } from "node:tls";
import type { SecureContext, TLSSocket, TlsOptions } from "node:tls";
import { fail, succeed } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import { oldestTls } from "./certificates.ts";
import type { Certificates } from "./certificates.ts";
import { isIpv6Address, isWildcardAddress } from "./ip-address.ts";
import { authoritiesOf } from "./server-trust.ts";
import type { ServerTrust, TrustTerms } from "./server-trust.ts";
import { findStranger } from "./sip-identity.ts";
import { StreamTransport } from "./stream-transport.ts";
import type { StreamTransportOptions } from "./stream-transport.ts";
import { listenFailureOf } from "./transport-error.ts";

export interface TlsTransportOptions extends StreamTransportOptions {
  readonly certificates: Certificates;
  readonly trust: ServerTrust;
}

/** Connections that wait to be taken up while the event loop is busy. */
const backlog = 1024;

/** SIP over TLS (RFC 3261 §26.3.1). The failure is the rest of a sentence: why the port cannot be opened. */
export async function openTlsTransport(
  options: TlsTransportOptions,
): Promise<Result<StreamTransport, string>> {
  const { certificates, trust, address } = options;
  const server = createServer(tlsServerOptions(certificates));
  certificates.onChange(() => server.setSecureContext({ ...certificates.first, minVersion: oldestTls }));
  try {
    server.listen({ host: address, port: options.port, ipv6Only: isIpv6Address(address), backlog });
    await once(server, "listening");
  } catch (error) {
    return fail(listenFailureOf(error));
  }
  const client = new TlsClient(certificates, isWildcardAddress(address) ? undefined : address);
  const transport = new StreamTransport(
    {
      protocol: "TLS",
      server,
      readyEvent: "secureConnect",
      connect: (to, port, domain) => client.connect(to, port, domain, trust.termsFor(domain, to)),
      // RFC 5923 §8.2: a connection is used again only for the name that was found at its end.
      identityOf: (to, domain) => JSON.stringify(trust.termsFor(domain, to)),
    },
    options,
  );
  server.on("connection", (socket: Socket) => transport.admit(socket));
  server.on("secureConnection", (socket) => transport.accept(socket));
  return succeed(transport);
}

/** For every server of ours that speaks TLS. */
export function tlsServerOptions(certificates: Certificates): TlsOptions {
  return {
    ...certificates.first,
    minVersion: oldestTls,
    // Renegotiation serves nobody but who wants to keep our processor busy.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    SNICallback: (name, tell) => tell(null, certificates.contextFor(name)),
  };
}

/** Opens connections, and believes who is there by the terms it is given. */
class TlsClient {
  readonly #certificates: Certificates;
  readonly #localAddress: string | undefined;
  /** By authorities; made anew when our own certificate has changed. */
  readonly #contexts = new Map<string, SecureContext>();

  constructor(certificates: Certificates, localAddress: string | undefined) {
    this.#certificates = certificates;
    this.#localAddress = localAddress;
    certificates.onChange(() => this.#contexts.clear());
  }

  connect(address: string, port: number, domain: string, terms: TrustTerms): Result<TLSSocket, string> {
    const secureContext = this.#contextFor(terms);
    if (!secureContext.ok) return secureContext;
    const socket = connect({
      host: address,
      port,
      secureContext: secureContext.value,
      minVersion: oldestTls,
      rejectUnauthorized: terms.verify,
      checkServerIdentity: (_host, certificate) => findStranger(certificate, terms.names),
      // RFC 6066 §3: an address is no name to ask for.
      ...(isIP(domain.replace(/^\[|\]$/g, "")) === 0 && { servername: domain }),
      ...(this.#localAddress !== undefined && { localAddress: this.#localAddress }),
    });
    // Nothing is said before we know to whom.
    socket.cork();
    socket.once("secureConnect", () => socket.uncork());
    return succeed(socket);
  }

  #contextFor(terms: TrustTerms): Result<SecureContext, string> {
    const ca = authoritiesOf(terms);
    if (!ca.ok) return ca;
    const key = ca.value?.join("\n") ?? "";
    const known = this.#contexts.get(key);
    if (known !== undefined) return succeed(known);
    try {
      // RFC 5922 §7: our own is shown to a server that asks for it.
      const context = createSecureContext({
        ...this.#certificates.first,
        minVersion: oldestTls,
        ...(ca.value !== undefined && { ca: ca.value }),
      });
      this.#contexts.set(key, context);
      return succeed(context);
    } catch (error) {
      return fail(
        `the authorities cannot be used: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}
