/** Which room may import which. The rooms and their floors are drawn in CONTRIBUTING.md. */
const room = (name) => `^shared/${name}/`;
const sdkOnlyIn = (name, sdk, rooms) => ({
  name,
  severity: "error",
  comment: `${sdk} is known in one room only.`,
  from: { path: "^(functions|shared|ui)/", pathNot: rooms },
  to: { path: `node_modules/${sdk}/` },
});

module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "contract-is-the-ground-floor",
      severity: "error",
      comment: "What callers see. It imports zod and itself, nothing of Node: a browser loads it too.",
      from: { path: room("contract") },
      to: { path: ".", pathNot: `${room("contract")}|node_modules/zod/` },
    },
    {
      name: "lib-knows-nobody",
      severity: "error",
      comment: "Helpers that know nothing of webhooks but the codes of their errors.",
      from: { path: room("lib") },
      to: { path: "^(shared|functions)/", pathNot: room("(contract|lib)") },
    },
    {
      name: "core-is-pure",
      severity: "error",
      comment: "Rules import zod, ipaddr.js, the tables of iconv-lite, the helpers of lib and each other.",
      from: { path: room("core") },
      to: { path: "^(shared|functions)/", pathNot: room("(contract|core|lib)") },
    },
    {
      name: "rooms-know-only-the-floors-below",
      severity: "error",
      from: { path: room("(attempt|tables|bus|oauth|outbound|secrets|platform)") },
      to: { path: "^(shared|functions)/", pathNot: "^shared/(contract|core|lib|$1)/" },
    },
    {
      name: "stories-know-rules-and-attempts",
      severity: "error",
      comment: "Delivery and management are made of rules and attempts; neither knows the other, nor an adapter.",
      from: { path: room("(delivery|management)") },
      to: { path: "^(shared|functions)/", pathNot: "^shared/(contract|core|lib|attempt|$1)/" },
    },
    {
      name: "wires-meet-in-one-place",
      severity: "error",
      comment: "Only main.ts and container.ts touch adapters; doors send nothing themselves.",
      from: { path: "^functions/", pathNot: "^functions/(main|container)\\.ts$" },
      to: { path: room("(attempt|tables|bus|oauth|outbound|secrets|platform)") },
    },
    {
      name: "doors-never-touch-a-store",
      severity: "error",
      comment: "Doors call stories; only container.ts knows what stands behind a port.",
      from: { path: "^functions/", pathNot: "^functions/container\\.ts$" },
      to: { path: "^shared/core/ports/" },
    },
    {
      name: "product-knows-no-stand-in",
      severity: "error",
      from: { path: "^(functions|shared|ui)/" },
      to: { path: "^(local|test|scripts|bench)/" },
    },
    {
      name: "stand-ins-know-only-rules",
      severity: "error",
      from: { path: "^local/" },
      to: { path: "^(functions|shared)/", pathNot: room("(contract|core|lib)") },
    },
    {
      name: "the-bus-and-the-host-know-nothing-of-the-product",
      severity: "error",
      comment: "They stand in for Azure, so that any app could run on them; each knows itself only.",
      from: { path: "^local/(service-bus|host)/" },
      to: { path: "^(functions|shared|ui|local)/", pathNot: "^local/$1/" },
    },
    { name: "nobody-imports-tests", severity: "error", from: { pathNot: "^test/" }, to: { path: "^test/" } },
    sdkOnlyIn("functions-sdk", "@azure/functions", "^functions/"),
    sdkOnlyIn("tables-sdk", "@azure/data-tables", "^(shared/tables/|functions/container\\.ts)"),
    sdkOnlyIn("bus-sdk", "@azure/service-bus", "^shared/bus/"),
    sdkOnlyIn("identity-sdk", "@azure/identity", "^(shared/platform/|functions/container\\.ts)"),
    sdkOnlyIn("key-vault-sdk", "@azure/keyvault-keys", "^shared/secrets/"),
    sdkOnlyIn("charsets", "iconv-lite", "^shared/core/requests/charset\\.ts$"),
    sdkOnlyIn("undici", "undici", "^shared/outbound/"),
    sdkOnlyIn("jose", "jose", "^shared/platform/"),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^dist/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "default"] },
  },
};
