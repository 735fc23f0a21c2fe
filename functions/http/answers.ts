import type { Resource } from "../../shared/management/resource.ts";
import type { BodyStatus } from "./answer.ts";

/** A body with its status. */
export function answer<const Status extends BodyStatus, const Body>(
  status: Status,
  body: Body,
): { readonly status: Status; readonly body: Body } {
  return { status, body };
}

/** 200 with what a story returns. */
export async function ok<Body>(body: Promise<Body>): Promise<{ readonly status: 200; readonly body: Body }> {
  return { status: 200, body: await body };
}

/** 200 with a resource and its `ETag`. */
export async function resource<Body>(
  story: Promise<Resource<Body>>,
): Promise<Resource<Body> & { readonly status: 200 }> {
  return { status: 200, ...(await story) };
}

/** 201 with a resource, its `ETag` and its `Location`. */
export async function created<Body extends { readonly id: string }>(
  story: Promise<Resource<Body>>,
): Promise<Resource<Body> & { readonly status: 201; readonly createdId: string }> {
  const { body, version } = await story;
  return { status: 201, body, version, createdId: body.id };
}

/** 202: it is under way. */
export async function accepted<Body>(body: Promise<Body>): Promise<{ readonly status: 202; readonly body: Body }> {
  return { status: 202, body: await body };
}

/** 204: there is nothing to say. */
export async function done(story: Promise<void>): Promise<{ readonly status: 204 }> {
  await story;
  return { status: 204 };
}
