import { Trouble } from "../lib/errors.ts";

/** The table service refused a request. */
export class TableRefusal extends Trouble {
  readonly statusCode: number;
  readonly code: string;
  /** Which write was the reason, from 0; undefined when the service does not say. */
  readonly index: number | undefined;

  constructor({ status, code, index }: { status: number; code: string; index: number | undefined }) {
    const word = /^\w{1,100}$/.test(code) ? ` ${code}` : "";
    super(`The table service answered ${String(status)}${word} to a request.`);
    this.name = "TableRefusal";
    this.statusCode = status;
    this.code = code;
    this.index = index;
  }
}

/** Status of a refusal by the table service: 404, 409, 412, …; the code is missing in some, so nothing relies on it. Undefined for any other error. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("statusCode" in error)) return undefined;
  return typeof error.statusCode === "number" ? error.statusCode : undefined;
}

/** Which write of a transaction was refused, from 0; undefined when the service does not say. */
export function failedIndexOf(error: unknown): number | undefined {
  return error instanceof TableRefusal ? error.index : undefined;
}
