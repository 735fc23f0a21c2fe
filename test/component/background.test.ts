import { spawnSync } from "node:child_process";

interface Printed {
  readonly outcomes: Readonly<Record<string, string>>;
  readonly logged: readonly string[];
  readonly trapped: readonly string[];
}

test("whatever fails in the background, the process lives, every rejection is taken, and nobody sees a secret", () => {
  const run = spawnSync(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "test/component/support/background-troubles.ts"],
    { encoding: "utf8" },
  );
  expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr: "" });
  const { outcomes, logged, trapped } = JSON.parse(run.stdout) as Printed;
  expect(trapped).toEqual([]);
  const refused = (why: string): string => `Bearer first, ${why}`;
  const ours = "The token could not be requested because of a problem on our side:";
  expect(outcomes).toEqual({
    "rejects with an error": refused(`${ours} an unexpected error (Error).`),
    "throws at once": refused(`${ours} an unexpected error (TypeError).`),
    "rejects with nothing": refused(`${ours} a thrown undefined.`),
    "rejects with what cannot be read": refused(`${ours} an unexpected error.`),
    "gives nothing": refused(`${ours} an unexpected error (TypeError).`),
    "gives what cannot be read": refused(`${ours} an unexpected error (Error).`),
    "answers without JSON": refused(
      'The token endpoint answered 200, but with plain text, in which "access_token" cannot be found.',
    ),
    "answers with an error of the secret": refused("The token endpoint answered 400 (•••)."),
    "answers with a token of signs": refused("another token"),
    "answers with a token that is none": refused("The token holds characters that a header value may not hold."),
    "answers nested lists": refused(
      'The token endpoint answered 200, but with plain text, in which "access_token" cannot be found.',
    ),
    fails: refused("The token endpoint could not be reached: No connection for •••."),
    others: "rejected rejected rejected rejected rejected rejected rejected",
  });
  expect(logged).not.toEqual([]);
  for (const line of logged) expect(line).not.toMatch(/s3cr3t|\$%&'/);
});
