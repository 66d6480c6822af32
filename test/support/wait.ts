/** Milliseconds of sleep. */
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Asks again until the answer is neither undefined, null nor false, and returns it.
 * @param what what is waited for, in the words of the failure message.
 * @param ms what the thing certainly takes less than on a busy machine; waiting longer costs a passing test nothing.
 * @throws Error after `ms`, with the newest error of `ask` when it threw.
 */
export async function until<T>(what: string, ask: () => T | Promise<T>, ms = 30_000): Promise<Exclude<NonNullable<T>, false>> {
  const end = Date.now() + ms;
  let trouble: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== null && answer !== false) return answer as Exclude<NonNullable<T>, false>;
      trouble = undefined;
    } catch (error) {
      trouble = error;
    }
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain for ${what}`, {cause: trouble});
    await sleep(20);
  }
}
