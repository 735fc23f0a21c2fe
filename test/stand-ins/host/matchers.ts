/** Jest's matchers for a part of a value, typed for use in typed objects. */
export const containing = (text: string): unknown => expect.stringContaining(text);
export const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
export const arrayWith = (...items: readonly unknown[]): unknown => expect.arrayContaining([...items]);
export const objectWith = (fields: object): unknown => expect.objectContaining(fields);
export const someNumber = (): unknown => expect.any(Number);
