import * as z from "zod";
import { answer } from "../../../functions/http/answers.ts";
import { problemsOf, scoped } from "../../../functions/http/route.ts";
import type { Route } from "../../../functions/http/route.ts";
import { ROUTES } from "../../../functions/routes.ts";
import { ROLES } from "../../../shared/contract/roles.ts";
import { problemSchema } from "../../../shared/contract/problem.ts";
import { startApi } from "./api-under-test.ts";
import type { ApiUnderTest, Reply } from "./api-under-test.ts";

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const closed: [string, Route][] = ROUTES.filter(({ role }) => role !== null).map((route) => [nameOf(route), route]);

function nameOf({ method, path }: Route): string {
  return `${method} ${path}`;
}

async function ask({ method, path }: Route, roles: readonly string[], query = ""): Promise<Reply> {
  const token = await api.issuer.token({ subject: "s", roles, clients: ["acme"] });
  const ids = { client: "acme", program: "rewards", environment: "uat", id: "none" };
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => new Map(Object.entries(ids)).get(name) ?? "");
  return api.callPath(method, filled.slice("api/".length) + query, { token });
}

test.each(closed)("%s needs its role, and no other", async (_, route) => {
  const covering = (role: string): boolean =>
    role === route.role || (route.role === "Webhooks.Read" && role === "Webhooks.Write");
  const others = ROLES.filter((role) => !covering(role));
  const refused = await ask(route, others);
  expect([refused.status, problemSchema.parse(refused.json).detail]).toEqual([
    403,
    `The token lacks the role ${String(route.role)}.`,
  ]);
  for (const role of ROLES.filter(covering)) expect((await ask(route, [role])).status).not.toBe(403);
});

test.each(closed)("%s knows the query parameters of the table, and no other", async (_, route) => {
  const refused = await ask(route, ROLES, "?unheard-of=1");
  const names = Object.keys(route.query.shape);
  const known = names.length === 0 ? "none are known here" : `known here: ${names.join(", ")}`;
  expect(problemSchema.parse(refused.json)).toMatchObject({
    code: "malformed-request",
    detail: `The query parameter "unheard-of" is unknown; ${known}.`,
  });
});

test("every route is in the table once, reads nothing but {id} below its scope, and takes bodies only where it writes", () => {
  const names = ROUTES.map(nameOf);
  expect(new Set(names).size).toBe(names.length);
  for (const { method, path, body, ifMatch, kind } of ROUTES) {
    const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const scope = kind === "scoped" ? ["client", "program", "environment"] : [];
    expect([path, parameters.filter((name) => name !== "id")]).toEqual([path, scope]);
    if (method === "GET") expect([path, body, ifMatch]).toEqual([path, undefined, undefined]);
  }
});

/** Every object of a schema. */
function objectsIn(schema: z.core.$ZodType): z.ZodObject[] {
  if (schema instanceof z.ZodObject) return [schema, ...Object.values(schema.shape).flatMap(objectsIn)];
  if (schema instanceof z.ZodArray) return objectsIn(schema.element);
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodExactOptional) return objectsIn(schema.unwrap());
  return [];
}

test("schemas of answers take no field that they do not name, so that an answer cannot grow unseen", () => {
  const schemas = ROUTES.flatMap(({ answers }) => Object.values(answers)).filter((schema) => schema !== null);
  const objects = schemas.flatMap(objectsIn);
  expect(objects.length).toBeGreaterThan(30);
  expect(objects.filter(({ def }) => !(def.catchall instanceof z.ZodNever))).toEqual([]);
});

test("a story whose answer does not fit its schema does not compile; a route lists the problems of the wrapper too", () => {
  const a = z.strictObject({ a: z.string() });
  const role = "Webhooks.Read";
  scoped("GET", "fits", { role, answers: { 200: a }, story: () => Promise.resolve(answer(200, { a: "x" })) });
  // @ts-expect-error A number is not a string.
  scoped("GET", "type", { role, answers: { 200: a }, story: () => Promise.resolve(answer(200, { a: 1 })) });
  // @ts-expect-error 201 is not one of the answers.
  scoped("GET", "status", { role, answers: { 200: a }, story: () => Promise.resolve(answer(201, { a: "x" })) });
  // @ts-expect-error The body lacks a field.
  scoped("GET", "field", { role, answers: { 200: a }, story: () => Promise.resolve(answer(200, {})) });
  const spec = { role, answers: { 200: a }, story: () => Promise.resolve(answer(200, { a: "x" })) } as const;
  expect([...problemsOf(scoped("GET", "any", spec))].toSorted()).toEqual([
    "forbidden",
    "internal",
    "malformed-request",
    "method-not-allowed",
    "not-acceptable",
    "not-found",
    "unauthenticated",
  ]);
});
