import * as z from "zod";
import type { Picture, Resource } from "../../scripts/bicep/bicep.ts";

const settings = z.array(z.object({ name: z.string(), value: z.string() }));

/** The settings of the stamp's app, in the order they are written. */
export function settingsOf(main: Picture): { name: string; value: string }[] {
  const [app] = ofType(main, "Microsoft.Web/sites");
  if (!app) throw new Error("There is no app.");
  return settingsOfApp(app);
}

/** The settings of one app, in the order they are written. */
export function settingsOfApp(app: Resource): { name: string; value: string }[] {
  const site = z.object({ siteConfig: z.object({ appSettings: settings }) });
  return site.parse(app.properties).siteConfig.appSettings;
}

const onBus = ({ id, tags }: Resource): boolean =>
  id.includes("/sbns-") || z.object({ client: z.string() }).safeParse(tags).success;

/** A stamp's picture cut in two: the stamp itself, and the buses of its clients, which are deployed with it. */
export function busesOf(main: Picture): { stamp: Picture; buses: Picture } {
  const part = (wanted: boolean): Picture => ({
    ...main,
    predictedResources: main.predictedResources.filter((one) => onBus(one) === wanted),
  });
  return { stamp: part(false), buses: part(true) };
}

/** Resources of one type, in the order that they are written. */
export function ofType(picture: Picture, type: string): Resource[] {
  return picture.predictedResources.filter((resource) => resource.type === type);
}
