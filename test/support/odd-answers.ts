/** An answer as it goes over the wire (Latin-1), each piece in a segment of its own, and what becomes of the connection. */
export interface OddAnswer {
  readonly pieces: readonly string[];
  readonly then: "keep" | "end" | "reset";
}

/** What a client must make of it. */
interface Counts {
  readonly status: number;
  readonly body?: string;
  readonly truncated?: boolean;
}

const keep = (...pieces: string[]): OddAnswer => ({ pieces, then: "keep" });
const end = (...pieces: string[]): OddAnswer => ({ pieces, then: "end" });
const reset = (...pieces: string[]): OddAnswer => ({ pieces, then: "reset" });

export const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
export const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
const fine = { status: 200, body: "ok", truncated: false };
const LINE = `X-Filler: ${"f".repeat(1_014)}\r\n`;

/** Answers that receivers have really given, by name, and what counts of each. */
export const ODD_ANSWERS: readonly (readonly [string, OddAnswer, Counts])[] = [
  ["100 Continue, then 200", keep(CONTINUE + OK), fine],
  ["100 Continue twice, then 200", keep(CONTINUE + CONTINUE + OK), fine],
  ["100 Continue behind the answer", end(OK + CONTINUE), fine],
  ["100 Continue in a piece of its own", keep(CONTINUE, OK), fine],
  ["100 Continue with headers", keep(`HTTP/1.1 100 Continue\r\nServer: IIS\r\nDate: now\r\n\r\n${OK}`), fine],
  ["100 Continue with bare line feeds", keep(`HTTP/1.1 100 Continue\n\n${OK}`), fine],
  ["100 without a reason", keep(`HTTP/1.1 100\r\n\r\n${OK}`), fine],
  [
    "102 and 103, then 200",
    keep(`HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n${OK}`),
    fine,
  ],
  [
    "100 Continue, then 400",
    keep(`${CONTINUE}HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nbad`),
    { status: 400, body: "bad" },
  ],
  [
    "100 Continue, then 500",
    keep(`${CONTINUE}HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n`),
    { status: 500, body: "" },
  ],
  ["101, then 200", keep(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n${OK}`), fine],
  [
    "101 and nothing else",
    end("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"),
    { status: 101 },
  ],
  ["101, then what is not HTTP", end("HTTP/1.1 101 Switching Protocols\r\n\r\n\x00\x01binary"), { status: 101 }],
  ["byte by byte", keep(...(CONTINUE + OK).split("")), fine],
  [
    "204 with a length and a body",
    keep("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok"),
    { status: 204, body: "", truncated: false },
  ],
  [
    "204 with a length and no body",
    keep("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n"),
    { status: 204, truncated: false },
  ],
  [
    "204 with Transfer-Encoding",
    keep("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    { status: 204, truncated: false },
  ],
  [
    "a body cut off by the end",
    end("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
    { status: 200, body: "half", truncated: true },
  ],
  [
    "a body cut off by a reset",
    reset("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
    { status: 200, truncated: true },
  ],
  ["a head cut off by the end", end("HTTP/1.1 200 OK\r\nContent-Le"), { status: 200, truncated: true }],
  ["a head cut off by a reset", reset("HTTP/1.1 410 Gone\r\nContent-Le"), { status: 410, truncated: true }],
  ["a body that is longer than said", keep("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more"), fine],
  [
    "chunks without an end",
    end("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"),
    { status: 200, body: "ok", truncated: true },
  ],
  [
    "chunks that are none",
    keep("HTTP/1.1 410 Gone\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n"),
    { status: 410, truncated: true },
  ],
  ["two equal lengths", keep("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"), fine],
  ["equal lengths in one line", keep("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok"), fine],
  [
    "two lengths that differ",
    end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok"),
    { status: 200, body: "ok" },
  ],
  ["a length that is no number", end("HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok"), { status: 200, body: "ok" }],
  [
    "a length and chunks",
    keep("HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
    fine,
  ],
  [
    "an unknown transfer coding",
    end("HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nok"),
    { status: 200, body: "ok" },
  ],
  ["a folded header", keep("HTTP/1.1 200 OK\r\nX-Long: one\r\n  two\r\n\tthree\r\nContent-Length: 2\r\n\r\nok"), fine],
  ["40 KB of headers", keep(`HTTP/1.1 200 OK\r\n${LINE.repeat(40)}Content-Length: 2\r\n\r\nok`), fine],
  ["100 KB of headers", end(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${LINE.repeat(100)}\r\nok`), fine],
  ["headers without end", end(`HTTP/1.1 200 OK\r\n${LINE.repeat(400)}`), { status: 200 }],
  [
    "one header of 40 KB",
    keep(`HTTP/1.1 200 OK\r\nSet-Cookie: ${"c".repeat(40_000)}\r\nContent-Length: 2\r\n\r\nok`),
    fine,
  ],
  ["a space before the colon", keep("HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok"), fine],
  ["a line that is no header", keep("HTTP/1.1 200 OK\r\n<html>\r\nContent-Length: 2\r\n\r\nok"), fine],
  [
    "a header name with a space and a control character",
    keep("HTTP/1.1 200 OK\r\nMy Header: 1\r\nX-A: \x01\x00b\r\nContent-Length: 2\r\n\r\nok"),
    fine,
  ],
  ["bare line feeds", keep("HTTP/1.1 200 OK\nContent-Length: 2\n\nok"), fine],
  ["empty lines before", keep(`\r\n\r\n${OK}`), fine],
  ["no reason and no space", keep("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"), fine],
  ["HTTP/1.0 until the end", end("HTTP/1.0 200 OK\r\n\r\nok"), fine],
  ["a reason in Latin-1", keep("HTTP/1.1 200 D\xe9j\xe0 re\xe7u\r\nContent-Length: 2\r\n\r\nok"), fine],
  [
    "a Retry-After after a folded line",
    keep("HTTP/1.1 503 Busy\r\nX-A: b\r\n c\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n"),
    { status: 503 },
  ],
];
