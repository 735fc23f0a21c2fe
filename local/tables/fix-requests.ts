/**
 * Two faults in how Azurite reads requests, fixed before it sees them. It decodes each chunk of a body separately, so that a character whose
 * bytes arrive in two chunks is lost (except in transactions, which it reads whole); and it decodes a URL before splitting it at the slashes, so
 * that a slash in a key is answered 500. The service has neither fault and rejects such a key.
 */
import ListenerFactoryModule from "azurite/dist/src/table/TableRequestListenerFactory.js";
import { inUrl } from "./azure-limits.ts";

const { prototype } = "default" in ListenerFactoryModule ? ListenerFactoryModule.default : ListenerFactoryModule;
const { createRequestListener } = prototype;

prototype.createRequestListener = function () {
  const listener = createRequestListener.call(this);
  return (request, response) => {
    const [path = ""] = (request.url ?? "").split("?", 1);
    const refused = /%2f|%5c/i.test(path) ? inUrl("/") : undefined;
    if (refused === undefined) {
      if (!path.endsWith("/$batch")) request.setEncoding("utf8");
      listener(request, response);
      return;
    }
    const { status, code, message } = refused;
    request.resume();
    response.writeHead(status, { "content-type": "application/json;odata=minimalmetadata;charset=utf-8" });
    response.end(JSON.stringify({ "odata.error": { code, message: { lang: "en-US", value: message } } }));
  };
};
