import { incomingRequest } from "./messages.ts";
import { FakeClock } from "./fake-clock.ts";
import { SeededRandom } from "./seeded-random.ts";
import type { SipRequest } from "../../src/sip/message/message.ts";
import { InviteCore } from "../../src/sip/dialog/invite-core.ts";
import type { RequestSender, SendOptions } from "../../src/sip/transaction/request-sender.ts";
import type { ServerTransaction } from "../../src/sip/transaction/transaction-user.ts";
import type { Flow } from "../../src/sip/transport/transport.ts";

export const contact = ["Contact", "<sip:102@192.0.2.1:5062>"] as const;
export const flow: Flow = {
  protocol: "UDP",
  isReliable: false,
  localAddress: "192.0.2.2",
  localPort: 5060,
  remoteAddress: "192.0.2.1",
  remotePort: 5062,
  isOpen: true,
  send() {},
};

/** A core whose two ways out, and the transactions it is given, write down what they are told. */
export function createCore() {
  const clock = new FakeClock();
  const log: string[] = [];
  const sent: { request: SipRequest; options: SendOptions }[] = [];
  const sender: RequestSender = {
    send(request, options) {
      sent.push({ request, options });
      log.push(`sends ${request.method}`);
      return { cancel: () => log.push(`cancels ${request.method}`) };
    },
  };
  const core = new InviteCore({
    clock,
    random: new SeededRandom(1),
    sender,
    acknowledge(ack) {
      log.push(`sends ${ack.method} ${ack.cseq.number}`);
      return { repeat: () => log.push("repeats ACK") };
    },
  });
  function transactionOf(request: SipRequest): ServerTransaction {
    return {
      kind: request.method === "INVITE" ? "invite" : "non-invite",
      request,
      flow,
      state: "proceeding",
      localTag: request.toTag ?? "us",
      respond(response) {
        log.push(`answers ${response.status}`);
        return true;
      },
      abandon() {},
    };
  }
  const within = (method: string, cseq: number) =>
    incomingRequest(method, { cseq, toTag: "us", branch: `z9hG4bK-${method}-${cseq}` });
  const receive = (request: SipRequest) => core.receive(transactionOf(request), request);
  return { clock, log, sent, core, transactionOf, within, receive };
}
