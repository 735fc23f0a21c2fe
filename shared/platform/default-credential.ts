/** Loaded on first use, and by name, so that the bundle holds what it needs of the package and no more. */
export { DefaultAzureCredential } from "@azure/identity";
