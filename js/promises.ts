// What an application's object answers: a value, or a promise of one.

/**
 * `value` as a promise, where it has a `then`; else undefined. Promises of another realm (a test runner's sandbox) and queries
 * that begin when somebody waits for them (Prisma, knex) are no instances of this realm's Promise.
 */
export const promiseOf = <T>(value: T | PromiseLike<T>): Promise<T> | undefined =>
  typeof (value as PromiseLike<T> | undefined | null)?.then === "function"
    ? Promise.resolve(value)
    : undefined;
