import type { TokenCredential } from "@azure/identity";

/**
 * The app's own identity towards Azure: the managed identity on Azure (`AZURE_CLIENT_ID` names a user-assigned one), the developer's login
 * elsewhere. The package is loaded on first use: development with connection strings never pays for it.
 * @see https://learn.microsoft.com/javascript/api/@azure/identity/defaultazurecredential
 */
export function appIdentity(): TokenCredential {
  let loaded: Promise<TokenCredential> | undefined;
  return {
    getToken: async (scopes, options) => {
      loaded ??= import("./default-credential.ts").then(({ DefaultAzureCredential }) => new DefaultAzureCredential());
      return (await loaded).getToken(scopes, options);
    },
  };
}
