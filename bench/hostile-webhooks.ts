import { compileWebhook, renderRequest } from "../shared/core/requests/render-request.ts";
import { RenderWork } from "../shared/core/templates/work.ts";
import { ordinary, thoughtOf, thrown, type Hostile } from "./support/hostile.ts";
import { ms, sideBySide } from "./support/side-by-side.ts";

const THROWN = 400;
const ROUNDS = 9;
const SHOWN = 5;

interface Cost {
  readonly hostile: Hostile;
  readonly compileMs: number;
  readonly renderMs: number;
  readonly characters: number;
}

/**
 * What the most expensive webhooks and events that the rules accept cost, thought of and thrown together from fixed seeds, beside an ordinary
 * one. First all of them a few times, then the worst by turns with the ordinary one.
 */
export async function run(): Promise<void> {
  const costs: Cost[] = [];
  for (const hostile of thoughtOf()) costs.push(costOf(hostile));
  for (let seed = 1; seed <= THROWN; seed += 1) costs.push(costOf(thrown(seed)));
  console.log(`${String(costs.length)} webhooks with events of 256 KB`);
  await show(
    "compile",
    costs,
    ({ compileMs }) => compileMs,
    ({ webhook }) =>
      () =>
        compileWebhook(webhook),
  );
  await show(
    "render",
    costs,
    ({ renderMs }) => renderMs,
    ({ webhook, event }) => {
      const compiled = compileWebhook(webhook);
      return () => renderRequest(compiled, event);
    },
  );
}

function costOf(hostile: Hostile): Cost {
  const { webhook, event } = hostile;
  const compiled = compileWebhook(webhook);
  const work = new RenderWork();
  renderRequest(compiled, event, work);
  return {
    hostile,
    compileMs: best(() => compileWebhook(webhook)),
    renderMs: best(() => renderRequest(compiled, event)),
    characters: work.spent,
  };
}

/** Of three runs the shortest: to choose whom to measure well, not to report. */
function best(work: () => unknown): number {
  return Math.min(
    ...[1, 2, 3].map(() => {
      const start = performance.now();
      work();
      return performance.now() - start;
    }),
  );
}

async function show(
  what: string,
  costs: readonly Cost[],
  by: (cost: Cost) => number,
  work: (hostile: Hostile) => () => unknown,
): Promise<void> {
  const worst = costs.toSorted((one, other) => by(other) - by(one)).slice(0, SHOWN);
  const cases = [ordinary(), ...worst.map(({ hostile }) => hostile)].map((hostile) => ({
    name: hostile.name,
    work: work(hostile),
  }));
  const [usual, ...measured] = await sideBySide(cases, ROUNDS);
  console.log(`\n${what.padEnd(46)} median      longest     x ordinary (${ms(usual?.medianMs ?? 0)})`);
  for (const [index, { name, medianMs, longestMs }] of measured.entries()) {
    const times = Math.round(medianMs / (usual?.medianMs ?? 1));
    console.log(
      `${name.padEnd(46)} ${ms(medianMs)}  ${ms(longestMs)}  ${String(times)}  (${String(worst[index]?.characters ?? 0)} characters)`,
    );
  }
}
