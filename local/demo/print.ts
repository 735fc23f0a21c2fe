/** The output of the demo: what the third party received. */
import { styleText } from "node:util";
import { headerOf } from "../partner/records.ts";
import type { RecordedRequest } from "../partner/records.ts";
import type { Difference } from "./compare.ts";
import type { Result } from "./run.ts";

const WIDTH = 110;
/** Headers that are the same in every request. */
const HIDDEN_HEADERS = new Set([
  "host",
  "connection",
  "content-length",
  "user-agent",
  "accept",
  "accept-encoding",
  "webhook-timestamp",
  "webhook-attempt",
]);

type Style = "bold" | "dim" | "green" | "red" | "cyan" | "yellow";

/** Colors on a terminal only, unless NO_COLOR is set; `styleText` checks both. */
function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/** One block: title, the first request in full, the attempts, the verdict. */
export function showResult({ title, requests, shown, differences }: Result): string {
  const [first] = requests;
  return [
    paint("dim", "─".repeat(WIDTH)),
    paint("bold", title),
    ...(first === undefined ? [paint("red", "  nothing was received")] : showRequest(first)),
    ...(shown === undefined ? [] : showAttempts(requests, shown.attempts)),
    ...verdict(differences),
  ].join("\n");
}

function showRequest({ method, url, headers, body }: RecordedRequest): string[] {
  const shown = headers.filter(([key]) => !HIDDEN_HEADERS.has(key.toLowerCase()));
  return [
    ...wrap(`${method} ${url}`).map((line) => `  ${paint("cyan", line)}`),
    ...shown.flatMap(([key, value]) => wrap(`${key}: ${value}`).map((line) => `  ${paint("dim", line)}`)),
    ...(body.text === ""
      ? []
      : body.text.split("\n").flatMap((line) => wrap(line).map((part) => `  ${paint("dim", "│")} ${part}`))),
  ];
}

type Attempts = NonNullable<Result["shown"]>["attempts"];

/** Both sides of every attempt: what the third party saw, and what the API shows. */
function showAttempts(requests: readonly RecordedRequest[], attempts: Attempts): string[] {
  const count = Math.max(requests.length, attempts.length);
  return Array.from({ length: count }, (_, index) => {
    const request = requests[index];
    const attempt = attempts[index];
    const earlier = requests[index - 1];
    const waited =
      request && earlier ? `, ${((Date.parse(request.at) - Date.parse(earlier.at)) / 1000).toFixed(1)} s later` : "";
    const received =
      request === undefined
        ? "not received"
        : `received ${request.at.slice(11, 23)}${waited}, answered ${String(request.answered.status ?? request.answered.fault)}`;
    const recorded =
      attempt === undefined
        ? "no attempt"
        : `${attempt.outcome} in ${String(attempt.durationMs)} ms${attempt.fault ? `: ${attempt.fault.message}` : ""}`;
    const style = attempt?.outcome === "delivered" ? "green" : "yellow";
    return paint(style, `  ${headerText(request, index)}  ${received}  ·  API: ${recorded}`);
  });
}

function headerText(request: RecordedRequest | undefined, index: number): string {
  return `attempt ${(request && headerOf(request, "webhook-attempt")) ?? String(index + 1)}`;
}

function verdict(differences: readonly Difference[]): string[] {
  if (differences.length === 0) return [paint("green", "  ✓ exactly as promised")];
  return differences.flatMap(({ what, expected, found }) => [
    paint("red", `  ✗ ${what}`),
    ...expected.split("\n").map((line) => paint("green", `    - promised: ${line}`)),
    ...found.split("\n").map((line) => paint("red", `    + received: ${line}`)),
  ]);
}

/** The last line: how many promises were kept. */
export function showSummary(results: readonly Result[], seconds: number): string {
  const broken = results.filter(({ differences }) => differences.length > 0);
  const requests = results.reduce((sum, result) => sum + result.requests.length, 0);
  const line =
    broken.length === 0
      ? paint(
          "green",
          `All ${String(results.length)} promises kept: ${String(requests)} requests, each exact to the byte.`,
        )
      : paint(
          "red",
          `${String(broken.length)} of ${String(results.length)} promises broken: ${broken.map(({ title }) => title).join("; ")}`,
        );
  return `${paint("dim", "─".repeat(WIDTH))}\n${line} ${paint("dim", `(${seconds.toFixed(1)} s)`)}`;
}

/** Wraps at the width, never inside a character. */
function wrap(text: string): string[] {
  const characters = Array.from(text);
  const room = WIDTH - 4;
  if (characters.length <= room) return [text];
  return Array.from({ length: Math.ceil(characters.length / room) }, (_, row) =>
    characters.slice(row * room, (row + 1) * room).join(""),
  );
}
