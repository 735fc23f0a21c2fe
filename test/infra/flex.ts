import * as z from "zod";
import type { Picture } from "../../scripts/bicep/bicep.ts";
import { ofType } from "./resources.ts";

/**
 * Properties of `siteConfig` that Flex Consumption refuses (error 51021) in some regions and passes over in others, each with a value that
 * would compile. Its runtime and its scale are in `functionAppConfig`, and it has no FTP.
 * @see https://learn.microsoft.com/azure/azure-functions/functions-app-settings#flex-consumption-plan-deprecations
 * @see https://github.com/Azure/terraform-azurerm-avm-res-web-site/pull/345 and microsoft/azure-pipelines-tasks issue 21032
 */
export const REFUSED_CONFIG: Readonly<Record<string, string>> = {
  alwaysOn: "true",
  ftpsState: "'Disabled'",
  functionAppScaleLimit: "10",
  functionsRuntimeScaleMonitoringEnabled: "false",
  javaContainer: "'TOMCAT'",
  javaContainerVersion: "'9.0'",
  javaVersion: "'17'",
  linuxFxVersion: "'NODE|24'",
  minimumElasticInstanceCount: "1",
  netFrameworkVersion: "'v8.0'",
  nodeVersion: "'~24'",
  phpVersion: "'8.2'",
  powerShellVersion: "'7.4'",
  preWarmedInstanceCount: "1",
  pythonVersion: "'3.12'",
  use32BitWorkerProcess: "false",
  vnetRouteAllEnabled: "true",
  windowsFxVersion: "'node|24'",
};

/** Properties of the site itself that mean nothing there. */
export const REFUSED_PROPERTIES: Readonly<Record<string, string>> = {
  containerSize: "1536",
  dailyMemoryTimeQuota: "0",
  hyperV: "false",
  isXenon: "false",
};

/** Settings that Flex Consumption refuses, or passes over without a word. */
export const REFUSED_SETTINGS: readonly string[] = [
  "ENABLE_ORYX_BUILD",
  "FUNCTIONS_EXTENSION_VERSION",
  "FUNCTIONS_MAX_HTTP_CONCURRENCY",
  "FUNCTIONS_WORKER_DYNAMIC_CONCURRENCY_ENABLED",
  "FUNCTIONS_WORKER_PROCESS_COUNT",
  "FUNCTIONS_WORKER_RUNTIME",
  "FUNCTIONS_WORKER_RUNTIME_VERSION",
  "SCM_DO_BUILD_DURING_DEPLOYMENT",
  "TZ",
  "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
  "WEBSITE_CONTENTOVERVNET",
  "WEBSITE_CONTENTSHARE",
  "WEBSITE_DNS_SERVER",
  "WEBSITE_LOAD_CERTIFICATES",
  "WEBSITE_MAX_DYNAMIC_APPLICATION_SCALE_OUT",
  "WEBSITE_NODE_DEFAULT_VERSION",
  "WEBSITE_RUN_FROM_PACKAGE",
  "WEBSITE_SKIP_CONTENTSHARE_VALIDATION",
  "WEBSITE_TIME_ZONE",
  "WEBSITE_VNET_ROUTE_ALL",
];

/** Resources that such an app has not: publishing by FTP, deployment slots. */
const REFUSED_RESOURCES = [
  [/^Microsoft\.Web\/sites\/basicPublishingCredentialsPolicies$/i, /\/ftp$/i],
  [/^Microsoft\.Web\/sites\/slots(\/|$)/i, /./],
] as const;

const config = z.record(z.string(), z.unknown());
const site = z.looseObject({ siteConfig: config.default({}) });

/** What Flex Consumption would refuse of a picture: `flex-refuses: name`. Settings are named by `settingFaults`. */
export function flexFaults(picture: Picture): string[] {
  const sites = ofType(picture, "Microsoft.Web/sites").map(({ properties }) => site.parse(properties));
  const configs = [
    ...sites.map(({ siteConfig }) => siteConfig),
    ...ofType(picture, "Microsoft.Web/sites/config").map(({ properties }) => properties),
  ];
  return [
    ...configs.flatMap(Object.keys).filter((name) => name in REFUSED_CONFIG),
    ...sites.flatMap(Object.keys).filter((name) => name in REFUSED_PROPERTIES || name in REFUSED_CONFIG),
    ...picture.predictedResources
      .filter(({ type, name }) => REFUSED_RESOURCES.some(([types, names]) => types.test(type) && names.test(name)))
      .map(({ type, name }) => `${type} ${name.split("/").at(-1) ?? ""}`),
  ].map((name) => `flex-refuses: ${name}`);
}
