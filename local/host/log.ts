/** Host output, one line each: lines of the host and of functions on stdout, failures of the app on stderr. */

/** One line of a function (`context.log`) or of the host; line breaks are escaped, so that an entry is one line. */
export function printLine(text: string): void {
  process.stdout.write(`${oneLine(text)}\n`);
}

/** One line of the host itself. */
export function hostLine(text: string): void {
  printLine(`[host] ${text}`);
}

/** An error that the real worker writes to stderr. */
export function errorLine(text: string): void {
  process.stderr.write(`[host] ${text}\n`);
}

/** The stack of anything thrown, or its message. */
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
