import { z } from "zod";
import { ownProfile } from "../../../pbx/effective-profile.ts";
import { profiles } from "../../../pbx/profiles/index.ts";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { problems } from "../problems.ts";
import { profileSchema, tellProfile } from "./profile-schema.ts";

/** GET what is known of the kinds of PBX: Divert's own profiles, then the installation's. */
export function listProfiles(app: App, { directory }: Application): void {
  app.get(
    "/api/profiles",
    {
      schema: {
        summary: "List profiles",
        description: "What is known of each kind of PBX, each key with its evidence and its source.",
        tags: ["installation"],
        response: {
          200: z.object({ profiles: z.array(profileSchema) }).meta({ id: "Profiles" }),
          ...problems(401),
        },
      },
    },
    () => ({
      profiles: [
        ...profiles.map((profile) => tellProfile(profile)),
        ...[...directory.profiles()].map((written) => tellProfile(ownProfile(written), written.basedOn)),
      ],
    }),
  );
}
