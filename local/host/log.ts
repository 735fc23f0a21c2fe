/** Host output: one line each, host and function lines on stdout, trouble with the app itself on stderr. */

/** One line of a function (`context.log`) or of the host; line breaks inside become `\n`, so that a line is one entry. */
export function printLine(text: string): void {
  process.stdout.write(`${oneLine(text)}\n`);
}

/** What the host itself has to say, marked as such. */
export function hostLine(text: string): void {
  printLine(`[host] ${text}`);
}

/** Trouble that the real worker writes to stderr. */
export function errorLine(text: string): void {
  process.stderr.write(`[host] ${text}\n`);
}

/** The message of anything thrown, with its stack when it has one. */
export function describe(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

/** The message alone. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function oneLine(text: string): string {
  return text.replaceAll("\r", "").replaceAll("\n", "\\n");
}
