/** A receiver in a process of its own: answers every request with `{"ok":true}`. Its parent sends certificate and key, and gets the port. */
import { createServer } from "node:https";

process.once("message", (given: { cert: string; key: string }) => {
  const server = createServer(given, (request, response) => {
    request.resume();
    request.on("end", () => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "11" }).end('{"ok":true}');
    });
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    process.send?.(typeof address === "object" && address ? address.port : 0);
  });
});
