import { CharacterProblem, encodeBody, type EncodedBody } from "./body-charset.ts";
import { contentKind, typeParameter, type ContentKind } from "./content-type.ts";
import { boundariesOf, delimiters } from "./multipart.ts";
import {
  compileTokens,
  resultOf,
  renderTemplate,
  tooLong,
  writeSlot,
  type Fillers,
  type Result,
  type Template,
} from "../templates/template.ts";
import { parseTemplate, type PlaceholderToken } from "../templates/parse.ts";
import { TemplateProblem } from "../templates/problem.ts";
import type { TemplateValues } from "../templates/value.ts";
import { CompileWork, RenderWork } from "../templates/work.ts";
import { plainText } from "../../contract/plain-text.ts";

/** Longest body that is sent, in bytes. */
export const MAX_BODY_BYTES = 1_048_576;

/** A webhook's body, ready to render as one kind. */
export interface BodyTemplate {
  readonly kind: ContentKind;
  readonly template: Template;
  /** For a multipart body: each boundary, and how many of its delimiters the template itself contains. */
  readonly boundaries: readonly (readonly [boundary: string, count: number])[];
  /** The same body, compiled for another content type. */
  as(contentType: string | undefined): Result<BodyTemplate>;
}

/** Compiles a body. @param contentType the literal part of the webhook's; undefined when there is none */
export function compileBody(
  text: string,
  contentType: string | undefined,
  fillers: Fillers,
  work: CompileWork,
): Result<BodyTemplate> {
  return resultOf(() => {
    const kind = contentKind(contentType, text);
    const boundary = boundaryOf(contentType, kind);
    const tokens = parseTemplate(text, kind === "json");
    const boundaries = boundary === undefined ? [] : boundariesOf(tokens, { boundary });
    const template = compileTokens(tokens, boundary === undefined ? kind : { boundary }, fillers, work);
    const literal = tokens.map((token) => (typeof token === "string" ? token : "\0")).join("");
    const compiled: BodyTemplate = {
      kind,
      template,
      boundaries: boundaries.map((one) => [one, delimiters(literal, one)] as const),
      as: (other) =>
        contentKind(other, text) === kind && boundary === boundaryOf(other, kind)
          ? { ok: true, value: compiled }
          : compileBody(text, other, fillers, new CompileWork()),
    };
    return compiled;
  });
}

function boundaryOf(contentType: string | undefined, kind: ContentKind): string | undefined {
  return kind === "multipart" ? typeParameter(contentType ?? "", "boundary") : undefined;
}

/**
 * Renders a body and encodes it in the charset that it declares, at most {@link MAX_BODY_BYTES}. Never throws.
 * @param contentType as sent
 */
export function renderBody(
  body: BodyTemplate,
  contentType: string | undefined,
  values: TemplateValues,
  work: RenderWork,
): Result<EncodedBody> {
  const rendered = renderTemplate(body.template, values, work, MAX_BODY_BYTES);
  if (!rendered.ok || rendered.value === "") return rendered.ok ? { ok: true, value: { text: "" } } : rendered;
  return resultOf(() => {
    for (const [boundary, count] of body.boundaries) {
      if (delimiters(rendered.value, boundary) === count) continue;
      throw new TemplateProblem(
        "a value contains the boundary of the multipart body, which would end its part",
        slotWhere(body, values, (written) => written.includes(boundary)),
      );
    }
    const encoded = inPlace(body, values, () => encodeBody(plainText(rendered.value), body.kind, contentType, work));
    if (encoded.bytes !== undefined && encoded.bytes.length > MAX_BODY_BYTES) throw tooLong(MAX_BODY_BYTES);
    return encoded;
  });
}

/** Runs `work`; attributes a CharacterProblem to the placeholder that wrote the character. */
function inPlace<T>(body: BodyTemplate, values: TemplateValues, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof CharacterProblem)) throw error;
    const place = slotWhere(body, values, (_written, begin, end) => begin <= error.offset && error.offset < end);
    throw place === undefined ? error : error.at(place);
  }
}

/** The first placeholder whose rendered text matches; renders them again. */
function slotWhere(
  { template }: BodyTemplate,
  values: TemplateValues,
  matches: (written: string, begin: number, end: number) => boolean,
): PlaceholderToken | undefined {
  const work = new RenderWork();
  let at = 0;
  for (const piece of template.pieces) {
    const written = typeof piece === "string" ? piece : writeSlot(piece, values, work);
    if (typeof piece !== "string" && matches(written, at, at + written.length)) return piece.token;
    at += written.length;
  }
  return undefined;
}
