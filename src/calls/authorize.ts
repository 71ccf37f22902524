import type { Line } from "../lines/line.ts";
import type { Flow, SipRequest, SipResponse } from "../sip/user-agent.ts";

/**
 * Answers the PBX's challenges to what a line sends. `answerChallenge` alone knows the password, and whom it may be
 * shown to.
 */
export function authorizeFor(line: Line) {
  return (response: SipResponse, request: SipRequest, flow: Flow): SipRequest | undefined => {
    const isOutsideDialog = request.method === "INVITE" && request.toTag === undefined;
    const answered = line.answerChallenge(response, flow, request, isOutsideDialog);
    return answered.ok ? answered.value : undefined;
  };
}
