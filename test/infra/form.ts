import { FUNCTIONS, evaluate } from "./form-expression.ts";
import type { Scope } from "./form-expression.ts";
import type { Element, Form } from "./form-schema.ts";

/** What a person entered: `step.element` → text, choice's label, number, tick or rows. What is left out keeps its default. */
export type Answers = Readonly<Record<string, unknown>>;

const PLACE: Scope = {
  location: () => "westeurope",
  subscription: () => ({ tenantId: "00000000-0000-0000-0000-00000000000a" }),
};

/** Steps of the form by name; the first page is `basics`. */
export function pages(form: Form): Map<string, readonly Element[]> {
  const { basics, steps } = form.parameters;
  return new Map([["basics", basics], ...steps.map(({ name, elements }) => [name, elements] as const)]);
}

/**
 * What the form hands to the template when a person enters `answers` and nothing else.
 * @throws with the form's own message when it would not let the person continue
 */
export function submit(form: Form, answers: Answers): Record<string, unknown> {
  const values = new Map<string, Record<string, unknown>>();
  for (const [page, elements] of pages(form)) {
    const own = elements.map((one) => [one.name, valueOf(one, answers[`${page}.${one.name}`])] as const);
    values.set(page, Object.fromEntries(own));
  }
  const scope: Scope = {
    ...FUNCTIONS,
    ...PLACE,
    basics: (name) => known(values.get("basics"), String(name)),
    steps: (name) => known(Object.fromEntries(values), String(name)),
  };
  for (const [page, elements] of pages(form))
    for (const one of elements) {
      const shown = one.visible === undefined || evaluate(one.visible, scope) === true;
      const fault = shown ? faultOf(one, values.get(page)?.[one.name]) : undefined;
      if (fault !== undefined) throw new Error(`${page}.${one.name}: ${fault}`);
    }
  return Object.fromEntries(
    Object.entries(form.parameters.outputs).map(([name, output]) => [name, evaluate(output, scope)]),
  );
}

function known(values: Readonly<Record<string, unknown>> | undefined, name: string): unknown {
  if (values === undefined || !(name in values)) throw new Error(`The form has no ${name}.`);
  return values[name];
}

function valueOf(one: Element, answer: unknown): unknown {
  switch (one.type) {
    case "Microsoft.Common.DropDown":
    case "Microsoft.Common.OptionsGroup": {
      const chosen = answer ?? one.defaultValue;
      return one.constraints.allowedValues.find(({ label }) => label === chosen)?.value;
    }
    case "Microsoft.Common.TextBox":
      return answer ?? evaluate(one.defaultValue, PLACE);
    case "Microsoft.Common.Slider":
      return answer ?? one.defaultValue;
    case "Microsoft.Common.CheckBox":
      return answer ?? false;
    default:
      return answer;
  }
}

function faultOf(one: Element, value: unknown): string | undefined {
  switch (one.type) {
    case "Microsoft.Common.DropDown":
    case "Microsoft.Common.OptionsGroup":
      return value === undefined ? "none of the choices" : undefined;
    case "Microsoft.Common.TextBox": {
      const { required, regex, validationMessage } = one.constraints;
      if (value === "" && required) return "is required";
      return new RegExp(regex).test(String(value)) ? undefined : validationMessage;
    }
    case "Microsoft.Common.Slider":
      return Number(value) >= one.min && Number(value) <= one.max ? undefined : "out of range";
    case "Microsoft.Common.EditableGrid":
      return gridFault(one, value);
    default:
      return undefined;
  }
}

function gridFault(
  grid: Extract<Element, { type: "Microsoft.Common.EditableGrid" }>,
  value: unknown,
): string | undefined {
  const rows: unknown[] = Array.isArray(value) ? value : [];
  const { columns, rows: limit } = grid.constraints;
  if (rows.length < limit.count.min || rows.length > limit.count.max) return "too few or too many rows";
  for (const row of rows)
    for (const { id, element } of columns) {
      const cell: unknown =
        row !== null && typeof row === "object" ? Object.entries(row).find(([key]) => key === id)?.[1] : "";
      for (const { regex, message } of element.constraints.validations)
        if (!new RegExp(regex).test(String(cell))) return message;
    }
  return undefined;
}
