import type { Call } from "./call.ts";
import type { Json } from "./json.ts";
import type { State } from "./state.ts";

/** What a call sees beside its options. */
export interface Surroundings {
  readonly state: State;
  /** Folder that the call was made in. */
  readonly folder: string;
  /** Environment variable CLIENT_ID, which parameter files read. */
  readonly clientId: string;
}

/** Carries a call out. Undefined is no output. */
export type Command = (call: Call, around: Surroundings) => Json | undefined;
