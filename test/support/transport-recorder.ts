import type { ParseFailure, SipMessage } from "../../src/sip/message/message.ts";
import type { Flow, TransportUser } from "../../src/sip/transport/transport.ts";

/** A transport user that notes what it is told, and lets a test wait for it. */
export class TransportRecorder implements TransportUser {
  readonly messages: { message: SipMessage; flow: Flow }[] = [];
  readonly malformed: { failure: ParseFailure; flow: Flow }[] = [];
  readonly closed: Flow[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #answers: Partial<TransportUser>;

  /** `answers` is told too, before who waits: where a test wants answers. */
  constructor(answers: Partial<TransportUser> = {}) {
    this.#answers = answers;
  }

  onMessage(message: SipMessage, flow: Flow): void {
    this.messages.push({ message, flow });
    this.#answers.onMessage?.(message, flow);
    this.#wake();
  }

  onMalformed(failure: ParseFailure, flow: Flow): void {
    this.malformed.push({ failure, flow });
    this.#answers.onMalformed?.(failure, flow);
    this.#wake();
  }

  onFlowClosed(flow: Flow): void {
    this.closed.push(flow);
    this.#answers.onFlowClosed?.(flow);
    this.#wake();
  }

  /** The message with that index, once it is there. */
  async message(index: number): Promise<{ message: SipMessage; flow: Flow }> {
    await this.until(() => this.messages.length > index);
    const found = this.messages[index];
    if (found === undefined) throw new Error("unreachable: it was waited for");
    return found;
  }

  /** Resolves once the condition holds; it is asked again after each thing that is told. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
