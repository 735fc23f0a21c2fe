import { type AddressInfo, type Socket, createServer } from "node:net";
import { once } from "node:events";
import { search } from "jmespath";
import { AzError, readCall } from "./call.ts";
import { COMMAND_TABLE } from "./commands.ts";
import type { Variables } from "./deployments.ts";
import { type Json, parseJson } from "./json.ts";
import { printed } from "./output.ts";
import { type Forward, rest } from "./rest.ts";
import { type State, emptyState } from "./state.ts";

/** One call and its outcome. */
export interface Recorded {
  readonly argv: readonly string[];
  readonly exit: number;
  readonly error: string;
}

/** Lets one call fail, counted from 0: before it had any effect, or after it, when only its answer is lost. */
export interface Failure {
  readonly call: number;
  readonly effect: "before" | "after";
}

export interface AzOptions {
  /** Roles in the caller's token; all of them by default. Undefined for a token that the app does not take. */
  readonly roles?: readonly string[] | undefined;
  /** The login is by a word of GitHub that has expired: only what a token was fetched for ahead can still be called. */
  readonly expired?: boolean;
  /** A running app that receives the calls of the API instead of the stand-in. */
  readonly forward?: Forward;
}

const ALL_ROLES = ["Webhooks.Read", "Webhooks.Write", "Deliveries.Replay", "Webhooks.Operate", "*"];

/**
 * The recorded `az`: `bin/az`, put on PATH, hands each call to it. It refuses what the CLI's own parser refuses, keeps what the calls
 * change, and records them in order.
 */
export class RecordedAz {
  state: State = emptyState();
  calls: Recorded[] = [];
  failure: Failure | undefined;
  /** Called after each call, to change what others change meanwhile. */
  meanwhile: ((call: Recorded) => void) | undefined;
  options: AzOptions = {};
  private readonly server = createServer((socket) => {
    this.serve(socket);
  });

  async start(): Promise<void> {
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
  }

  async stop(): Promise<void> {
    this.server.close();
    await once(this.server, "close");
  }

  /** What a child process needs so that its `az` is this one. */
  get port(): string {
    const address: string | AddressInfo | null = this.server.address();
    if (address === null || typeof address === "string") throw new Error("The recorder has not been started.");
    return String(address.port);
  }

  /** Calls that the CLI itself would not have understood. */
  get misspelt(): readonly Recorded[] {
    return this.calls.filter(({ exit }) => exit === 2);
  }

  private serve(socket: Socket): void {
    let text = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
      const [count = "", ...fields] = text.split("\0");
      if (fields.length <= Number(count)) return;
      const [CLIENT_ID = "", AZURE_TENANT_ID = "", WEBHOOKS_API_ID = "", ALERT_EMAILS = "", folder = "", ...argv] =
        fields.slice(0, Number(count));
      void this.answer(argv, { CLIENT_ID, AZURE_TENANT_ID, WEBHOOKS_API_ID, ALERT_EMAILS }, folder).then(
        ({ exit, out, error }) => {
          socket.end(`${String(exit)}\0${out}\0${error}\0`);
        },
      );
    });
  }

  private async answer(
    argv: string[],
    variables: Variables,
    folder: string,
  ): Promise<{ exit: number; out: string; error: string }> {
    const number = this.calls.length;
    const ended = await this.carryOut(
      argv,
      variables,
      folder,
      this.failure?.call === number ? this.failure.effect : undefined,
    );
    const recorded = { argv, exit: ended.exit, error: ended.error };
    this.calls.push(recorded);
    this.meanwhile?.(recorded);
    return ended;
  }

  private async carryOut(argv: string[], variables: Variables, folder: string, failure: Failure["effect"] | undefined) {
    try {
      const call = readCall(argv);
      if (failure === "before") throw new AzError("(ServiceUnavailable) Azure is told to fail here.");
      if (!this.state.subscription && call.command !== "login")
        throw new AzError("Please run 'az login' to setup account.");
      const command = COMMAND_TABLE[call.command];
      const value =
        call.command === "rest"
          ? await rest(call, this.state, { roles: ALL_ROLES, ...this.options })
          : command?.(call, { state: this.state, folder, variables });
      if (!command && call.command !== "rest")
        throw new AzError(`'${call.command}' is not carried out by this stand-in.`, 2);
      const [query, format] = [call.maybe("--query"), call.maybe("--output") ?? "json"];
      // Nothing here ever warns, so that there is nothing to leave out.
      call.has("--only-show-errors");
      const unheeded = call.unheeded();
      if (unheeded.length > 0)
        throw new AzError(`${call.command}: this stand-in does not heed ${unheeded.join(", ")}`, 2);
      if (failure === "after") throw new AzError("('Connection aborted.', RemoteDisconnected)");
      return { exit: 0, out: printed(queried(value, query), format), error: "" };
    } catch (error) {
      const exit = error instanceof AzError ? error.exit : 2;
      return { exit, out: "", error: `ERROR: ${error instanceof Error ? error.message : String(error)}\n` };
    }
  }
}

/** What `--query` leaves of a value; no value stays none. */
function queried(value: Json | undefined, query: string | undefined): Json | undefined {
  if (value === undefined || query === undefined) return value;
  try {
    return parseJson(JSON.stringify(search(value, query) ?? null));
  } catch (cause) {
    throw new AzError(`The query ${query} is wrong: ${cause instanceof Error ? cause.message : String(cause)}`, 2);
  }
}
