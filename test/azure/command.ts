import type { Call } from "./call.ts";
import type { Variables } from "./deployments.ts";
import type { Json } from "./json.ts";
import type { State } from "./state.ts";

/** What a call sees beside its options. */
export interface Surroundings {
  readonly state: State;
  /** Folder that the call was made in. */
  readonly folder: string;
  /** Environment variables that parameter files read. */
  readonly variables: Variables;
}

/** Executes a call. Undefined means no output. */
export type Command = (call: Call, around: Surroundings) => Json | undefined;
