import * as z from "zod";

const resource = z.looseObject({
  type: z.string(),
  existing: z.boolean().optional(),
  dependsOn: z.array(z.string()).default([]),
  properties: z.looseObject({ template: z.unknown() }).partial().default({}),
});
const template = z.looseObject({ resources: z.record(z.string(), resource) });
type Resources = z.infer<typeof template>["resources"];

/** What one step of a deployment makes and what it reads of others, by type, and the steps that it waits for. */
interface Step {
  readonly makes: readonly string[];
  readonly reads: readonly string[];
  readonly waitsFor: readonly string[];
}

/**
 * Reads that may come too early, of a compiled template: `early-read: who reads what`. Resource Manager reads an existing resource as soon
 * as what it waits for is done. What the same template creates, in a module or directly, must be among that; what others created exists.
 */
export function earlyReads(text: string): string[] {
  const { resources } = template.parse(JSON.parse(text));
  const steps = new Map(Object.entries(resources).map(([name, one]) => [name, stepOf(name, one, resources)]));
  const makers = (type: string): string[] =>
    [...steps].flatMap(([name, { makes }]) => (makes.includes(type) ? name : []));
  return [...steps].flatMap(([name, { reads }]) =>
    reads
      .filter((type) => makers(type).length > 0 && !makers(type).some((maker) => before(name, steps).has(maker)))
      .map((type) => `early-read: ${name} reads ${type}`),
  );
}

function stepOf(name: string, one: z.infer<typeof resource>, all: Resources): Step {
  const inner = template.safeParse(one.properties.template).data?.resources;
  if (inner) {
    const entries = Object.entries(inner);
    return {
      makes: entries.filter(([, { existing }]) => !existing).map(([, { type }]) => type),
      reads: entries.filter(([symbol, { existing }]) => existing && isRead(symbol, inner)).map(([, { type }]) => type),
      waitsFor: one.dependsOn,
    };
  }
  const reads = one.existing && isRead(name, all) ? [one.type] : [];
  return { makes: one.existing ? [] : [one.type], reads, waitsFor: one.dependsOn };
}

/** Whether properties of `symbol` are used: its id and name are known without reading it. */
function isRead(symbol: string, resources: Resources): boolean {
  return new RegExp(`\\b(reference|list\\w*)\\('${symbol}'`).test(JSON.stringify(resources));
}

/** The step itself and all that are done when it begins. */
function before(name: string, steps: ReadonlyMap<string, Step>, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(name)) return found;
  found.add(name);
  for (const one of steps.get(name)?.waitsFor ?? []) before(one, steps, found);
  return found;
}
