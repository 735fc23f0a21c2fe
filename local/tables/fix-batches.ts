/**
 * Two faults of Azurite's transactions, fixed where they enter. It extracts the JSON of an operation with a pattern whose dot does not match
 * U+2028 and U+2029, so that such a text is rejected; and an error half-way leaves its rollback list filled, after which every later transaction is
 * rejected as overlapping until the process restarts. The service has neither fault.
 */
import OrchestratorModule from "azurite/dist/src/table/batch/TableBatchOrchestrator.js";

const { prototype } = "default" in OrchestratorModule ? OrchestratorModule.default : OrchestratorModule;
const run = prototype.processBatchRequestAndSerializeResponse;

prototype.processBatchRequestAndSerializeResponse = async function (body) {
  try {
    // Both occur in JSON strings only (keys in URLs are percent-encoded), where the escape is equivalent.
    return await run.call(this, body.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029"));
  } catch (error) {
    const overlap = error instanceof Error && error.message === "Transaction Overlap!";
    const table = this.repository.getBatchRequests()[0]?.getPath();
    // After an overlap, the list belongs to another transaction.
    if (!overlap && table !== undefined)
      await this.repository.endBatchTransaction(this.context.account ?? "", table, "", this.context, false);
    throw error;
  }
};
