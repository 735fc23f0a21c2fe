/**
 * Two faults of Azurite's transactions, mended at its one door for them. It cuts the JSON of an operation out by a pattern whose dot does
 * not match U+2028 and U+2029, so such a text is refused; and an error on the way leaves its one list of things to roll back filled, after
 * which every later transaction is refused as overlapping until the process is started anew. The real service has neither.
 */
import OrchestratorModule from "azurite/dist/src/table/batch/TableBatchOrchestrator.js";

const { prototype } = "default" in OrchestratorModule ? OrchestratorModule.default : OrchestratorModule;
const run = prototype.processBatchRequestAndSerializeResponse;

prototype.processBatchRequestAndSerializeResponse = async function (body) {
  try {
    // Both can stand in JSON strings only (keys in URLs are percent-encoded), where the escape means the same.
    return await run.call(this, body.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029"));
  } catch (error) {
    const overlap = error instanceof Error && error.message === "Transaction Overlap!";
    const table = this.repository.getBatchRequests()[0]?.getPath();
    // Of an overlap the list is another one's.
    if (!overlap && table !== undefined)
      await this.repository.endBatchTransaction(this.context.account ?? "", table, "", this.context, false);
    throw error;
  }
};
