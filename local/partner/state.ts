/** The third party's settings and the tokens it issued, kept in a file so that they survive a restart. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import * as z from "zod";
import { receiverSchema, tokenSchema } from "./settings.ts";
import type { Fault, Receiver, TokenEndpoint } from "./settings.ts";

const issuedSchema = z.object({ endpoint: z.string(), expiresAt: z.number(), revoked: z.boolean() });
const stateSchema = z.object({
  receivers: z.record(z.string(), receiverSchema).default({}),
  tokens: z.record(z.string(), tokenSchema).default({}),
  /** By token. */
  issued: z.record(z.string(), issuedSchema).default({}),
});

export interface State {
  readonly receiver: (name: string) => Receiver;
  readonly setReceiver: (name: string, receiver: Receiver) => void;
  readonly token: (name: string) => TokenEndpoint;
  readonly setToken: (name: string, endpoint: TokenEndpoint) => void;
  readonly all: () => {
    receivers: Readonly<Record<string, Receiver>>;
    tokens: Readonly<Record<string, TokenEndpoint>>;
  };
  /** Counts one use of a fault with limited `times`. */
  readonly countDown: (fault: Fault) => void;
  /** Records a token issued at `now` (Unix milliseconds, as `expiresAt`); drops those that expired over an hour ago. */
  readonly issue: (token: string, endpoint: string, expiresAt: number, now: number) => void;
  /** Why the token is not valid at `now` (Unix milliseconds); undefined when it is. */
  readonly refusal: (token: string, endpoint: string, now: number) => string | undefined;
  /** Revokes every token the endpoint issued; returns how many. */
  readonly revoke: (endpoint: string) => number;
  /** Removes all settings and tokens. */
  readonly reset: () => void;
}

/** Opens the state file; without one all settings are defaults. @throws when it exists but is not a partner's state. */
export function openState(path: string): State {
  let state = load(path);
  const save = (): void => {
    writeFileSync(`${path}.draft`, JSON.stringify(state, null, 2));
    renameSync(`${path}.draft`, path);
  };
  return {
    receiver: (name) => state.receivers[name] ?? receiverSchema.parse({}),
    setReceiver(name, receiver) {
      state.receivers[name] = receiver;
      save();
    },
    token: (name) => state.tokens[name] ?? tokenSchema.parse({}),
    setToken(name, endpoint) {
      state.tokens[name] = endpoint;
      save();
    },
    all: () => ({ receivers: state.receivers, tokens: state.tokens }),
    countDown(fault) {
      if (fault.times === undefined) return;
      fault.times -= 1;
      save();
    },
    issue(token, endpoint, expiresAt, now) {
      const kept = Object.entries(state.issued).filter(([, issued]) => issued.expiresAt > now - 3_600_000);
      state.issued = Object.fromEntries(kept);
      state.issued[token] = { endpoint, expiresAt, revoked: false };
      save();
    },
    refusal(token, endpoint, now) {
      const issued = state.issued[token];
      if (issued?.endpoint !== endpoint) return "The access token is unknown.";
      if (issued.revoked) return "The access token was revoked.";
      return issued.expiresAt <= now ? "The access token has expired." : undefined;
    },
    revoke(endpoint) {
      const mine = Object.values(state.issued).filter((issued) => issued.endpoint === endpoint && !issued.revoked);
      for (const issued of mine) issued.revoked = true;
      save();
      return mine.length;
    },
    reset() {
      state = stateSchema.parse({});
      save();
    },
  };
}

function load(path: string): z.output<typeof stateSchema> {
  let text;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return stateSchema.parse({});
  }
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(`${path} is not a valid partner state. Delete it to start over.`, { cause: error });
  }
}
