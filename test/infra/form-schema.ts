import * as z from "zod";

/**
 * The form of a "Deploy to Azure" link, as far as ours uses it; anything else in it is a fault.
 * @see https://learn.microsoft.com/azure/azure-resource-manager/managed-applications/create-uidefinition-elements
 */
const text = z.string().min(1);
const expression = z.string().regex(/^\[.+\]$/s, "must be an expression in brackets");
const named = { name: z.string().regex(/^[a-zA-Z]+$/), visible: expression.optional() };
const asked = { ...named, label: text, toolTip: text };
const matching = { required: z.boolean(), regex: text, validationMessage: text };
const choices = z.strictObject({
  required: z.literal(true),
  allowedValues: z.array(z.strictObject({ label: text, value: z.string() })).min(2),
});

const cell = z.strictObject({
  id: z.string(),
  header: text,
  width: z.string(),
  element: z.strictObject({
    type: z.literal("Microsoft.Common.TextBox"),
    placeholder: z.string(),
    constraints: z.strictObject({
      required: z.literal(true),
      validations: z.array(z.strictObject({ regex: text, message: text })).min(1),
    }),
  }),
});

const element = z.discriminatedUnion("type", [
  z.strictObject({
    ...named,
    type: z.literal("Microsoft.Common.TextBlock"),
    options: z.strictObject({ text }),
  }),
  z.strictObject({
    ...named,
    type: z.literal("Microsoft.Common.InfoBox"),
    options: z.strictObject({ icon: z.enum(["None", "Info", "Warning", "Error"]), text }),
  }),
  z.strictObject({
    ...asked,
    type: z.literal("Microsoft.Common.TextBox"),
    defaultValue: z.string(),
    constraints: z.strictObject(matching),
  }),
  z.strictObject({
    ...asked,
    type: z.enum(["Microsoft.Common.DropDown", "Microsoft.Common.OptionsGroup"]),
    defaultValue: text,
    constraints: choices,
  }),
  z.strictObject({ ...asked, type: z.literal("Microsoft.Common.CheckBox") }),
  z.strictObject({
    ...asked,
    type: z.literal("Microsoft.Common.Slider"),
    subLabel: text,
    min: z.int(),
    max: z.int(),
    defaultValue: z.int(),
  }),
  z.strictObject({
    ...named,
    type: z.literal("Microsoft.Common.EditableGrid"),
    label: text,
    ariaLabel: text,
    constraints: z.strictObject({
      width: z.literal("Full"),
      rows: z.strictObject({ count: z.strictObject({ min: z.int().min(1), max: z.int() }) }),
      columns: z.array(cell).min(1),
    }),
  }),
]);
export type Element = z.infer<typeof element>;

export const formSchema = z.strictObject({
  $schema: z.literal("https://schema.management.azure.com/schemas/0.1.2-preview/CreateUIDefinition.MultiVm.json#"),
  handler: z.literal("Microsoft.Azure.CreateUIDef"),
  version: z.literal("0.1.2-preview"),
  parameters: z.strictObject({
    basics: z.array(element),
    steps: z.array(z.strictObject({ name: z.string(), label: text, elements: z.array(element).min(1) })),
    outputs: z.record(z.string(), expression),
  }),
});
export type Form = z.infer<typeof formSchema>;
