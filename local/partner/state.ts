/** What the third party was told and the tokens it gave out, kept in a file so that it can be killed and started again. */
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
  /** Counts one use of a fault that happens a limited number of times. */
  readonly countDown: (fault: Fault) => void;
  /** Remembers a token given out at `now` (Unix milliseconds, as `expiresAt`); forgets those that expired over an hour ago. */
  readonly issue: (token: string, endpoint: string, expiresAt: number, now: number) => void;
  /** Why the token is not good at `now` (Unix milliseconds), or undefined. */
  readonly refusal: (token: string, endpoint: string, now: number) => string | undefined;
  /** Revokes every token the endpoint gave out; gives how many that were. */
  readonly revoke: (endpoint: string) => number;
  /** Forgets everything it was told and every token. */
  readonly reset: () => void;
}

/** Opens the state file; a missing one means nothing was told yet. @throws when it is there but no state of a partner. */
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
    throw new Error(`${path} holds no settings of a partner. Delete it to begin anew.`, { cause: error });
  }
}
