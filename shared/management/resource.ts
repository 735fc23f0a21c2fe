/** A stored thing as callers see it. */
export interface Resource<Body> {
  readonly body: Body;
  /** Version of what is stored; it becomes the `ETag`. */
  readonly version: string;
}
