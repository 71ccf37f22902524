/** What the server and the thread that writes its call log say to each other. */
import type { Fault, RefusalCode } from "../../base/refusal.ts";
import type { CallPage, CallQuery, CallRecord } from "../../calls/call-log.ts";

export type ToCallLogWorker =
  | { readonly kind: "record"; readonly calls: readonly CallRecord[] }
  | { readonly kind: "find"; readonly id: number; readonly query: CallQuery }
  | { readonly kind: "flush"; readonly id: number }
  | { readonly kind: "close"; readonly id: number };

export type FromCallLogWorker =
  /** So many records were taken over; `dropped` is the total that the disk could not take in time. */
  | { readonly kind: "taken"; readonly count: number; readonly dropped: number }
  | { readonly kind: "found"; readonly id: number; readonly page: CallPage }
  | { readonly kind: "done"; readonly id: number; readonly dropped: number }
  | { readonly kind: "refused"; readonly id: number; readonly refusal: PortableRefusal }
  | {
      readonly kind: "log";
      readonly level: "info" | "warn" | "error";
      readonly fields: unknown;
      readonly message: string;
    };

/** A `Refusal` loses its class on the way between threads. */
export interface PortableRefusal {
  readonly code: RefusalCode;
  readonly message: string;
  readonly faults: readonly Fault[];
}

export interface CallLogWorkerData {
  readonly folder: string;
}
