import type { SipMessage } from "../message/message.ts";

/** RFC 3261 §12: what tells one dialog from another at this end. */
export interface DialogId {
  readonly callId: string;
  readonly localTag: string;
  /** Empty for a peer of RFC 2543, which sends none. */
  readonly remoteTag: string;
}

/** The dialog that a request from the other end belongs to. */
export function idOfIncomingRequest(request: SipMessage): DialogId {
  return { callId: request.callId, localTag: request.toTag ?? "", remoteTag: request.fromTag ?? "" };
}

/** The dialog that a response to a request of ours belongs to or sets up. */
export function idOfIncomingResponse(response: SipMessage): DialogId {
  return { callId: response.callId, localTag: response.fromTag ?? "", remoteTag: response.toTag ?? "" };
}

/** As a key: none of the three can hold a space. */
export function dialogKey({ callId, localTag, remoteTag }: DialogId): string {
  return `${callId} ${localTag} ${remoteTag}`;
}
