import type { Registration, RegistrationFailure, RegistrationStatus } from "../sip/user-agent.ts";

/** How a line's registration stands, for people and programs. Times are milliseconds since 1970. */
export interface RegistrationView {
  readonly state: RegistrationStatus;
  readonly since: number;
  /** When the binding runs out unless it is refreshed. */
  readonly expiresAt?: number;
  /** For how long the PBX granted the binding. */
  readonly grantedSeconds?: number;
  /** Why the last try came to nothing. */
  readonly failure?: RegistrationFailure;
}

export function viewRegistration(registration: Registration): RegistrationView {
  const { binding, failure, registrar, status, since } = registration;
  const { clock } = registrar;
  return {
    state: status,
    since,
    ...(binding === undefined || !registration.isBound
      ? undefined
      : {
          expiresAt: Math.round(clock.wallTime() + binding.expiresAt - clock.now()),
          grantedSeconds: binding.grantedSeconds,
        }),
    ...(failure === undefined ? undefined : { failure }),
  };
}
