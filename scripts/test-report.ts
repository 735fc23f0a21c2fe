import * as z from "zod";

/** One suite's tests. */
export interface Count {
  readonly suite: string;
  readonly passed: number;
  readonly failed: number;
  /** The time of its files together; files run side by side. */
  readonly seconds: number;
}

/** What Jest writes with `--json`, as far as it is read. */
const reportSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      startTime: z.number(),
      endTime: z.number(),
      assertionResults: z.array(z.object({ status: z.string(), fullName: z.string(), duration: z.number().nullish() })),
    }),
  ),
});
export type Report = z.infer<typeof reportSchema>;

/** Jest's report; empty when there is none, as after a run that could not start. */
export function readReport(read: () => string): Report {
  try {
    return reportSchema.parse(JSON.parse(read()));
  } catch {
    return { testResults: [] };
  }
}

/**
 * The tests by suite, in the order of the alphabet. What was skipped counts as failed: a test that is there is to be run. So does a file that could
 * not be loaded.
 *
 * @param below the path of a file below the folder of all tests
 */
export function countBySuite({ testResults }: Report, below: (path: string) => string): readonly Count[] {
  const counts = new Map<string, Count>();
  for (const file of testResults) {
    const suite = suiteOf(below(file.name));
    const { passed, failed, seconds } = counts.get(suite) ?? { passed: 0, failed: 0, seconds: 0 };
    const good = file.assertionResults.filter(({ status }) => status === "passed").length;
    const bad = file.assertionResults.length - good;
    counts.set(suite, {
      suite,
      passed: passed + good,
      failed: failed + (bad === 0 && file.status !== "passed" ? 1 : bad),
      seconds: seconds + Math.max(0, file.endTime - file.startTime) / 1000,
    });
  }
  return [...counts.values()].toSorted((one, other) => (one.suite < other.suite ? -1 : 1));
}

/** `stand-ins/host/http.test.ts` is of `host`, `stand-ins/partner/…` of `stand-ins`, `unit/events/…` of `unit`: as jest.config.mjs has it. */
function suiteOf(path: string): string {
  const [folder = "", room = ""] = path.split(/[/\\]/);
  return folder === "stand-ins" && ["contract", "host"].includes(room) ? room : folder;
}

/** The tests that took longest, longest first. */
export function slowestTests(
  { testResults }: Report,
  count: number,
): readonly { readonly name: string; readonly file: string; readonly seconds: number }[] {
  return testResults
    .flatMap(({ name: file, assertionResults }) =>
      assertionResults.map(({ fullName, duration }) => ({ name: fullName, file, seconds: (duration ?? 0) / 1000 })),
    )
    .toSorted((one, other) => other.seconds - one.seconds)
    .slice(0, count);
}
