type Test = (value: string) => boolean;

const PLAIN: Readonly<Record<string, Test>> = {
  int: (value) => /^[+-]?\d{1,10}$/.test(value) && Math.abs(Number(value)) <= 2_147_483_648,
  long: (value) => /^[+-]?\d{1,19}$/.test(value),
  guid: (value) => /^\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i.test(value),
  alpha: (value) => /^[a-z]*$/i.test(value),
  bool: (value) => /^(true|false)$/i.test(value),
  decimal: (value) => /^[+-]?\d+(\.\d+)?$/.test(value),
  double: (value) => /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value),
  datetime: (value) => !Number.isNaN(Date.parse(value)),
  required: (value) => value !== "",
};

const WITH_NUMBERS: Readonly<Record<string, (value: string, first: number, second: number | undefined) => boolean>> = {
  minlength: (value, least) => value.length >= least,
  maxlength: (value, most) => value.length <= most,
  length: (value, least, most) => value.length >= least && value.length <= (most ?? least),
  min: (value, least) => Number(value) >= least,
  max: (value, most) => Number(value) <= most,
  range: (value, least, most) => Number(value) >= least && Number(value) <= (most ?? least),
};

/**
 * What a route constraint such as `int` or `length(2,16)` accepts (ASP.NET Core, "Route constraints").
 * @throws for one that this host does not support, such as `regex`.
 */
export function constraintTest(text: string, template: string): Test {
  const plain = PLAIN[text.toLowerCase()];
  if (plain) return plain;
  const found = /^(\w+)\((-?\d+)(?:,(-?\d+))?\)$/.exec(text);
  const test = found ? WITH_NUMBERS[(found[1] ?? "").toLowerCase()] : undefined;
  if (!found || !test)
    throw new Error(`Route '${template}': the constraint '${text}' is not supported by this local host.`);
  const first = Number(found[2]);
  const second = found[3] === undefined ? undefined : Number(found[3]);
  return (value) => test(value, first, second);
}
