import manifest from "../package.json" with { type: "json" };

/** Version of the app, as callers and receivers see it. */
export const { version } = manifest;
