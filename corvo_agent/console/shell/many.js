// Many requests, some at a time: the browser has six connections, the stream keeps one.

const WIDTH = 4;

/** Do something with each, until ``signal`` ends it. @template T @param {T[]} all @param {(one: T) => Promise<unknown>} act @param {AbortSignal} [signal] */
export async function forEach(all, act, signal) {
  const left = all.values();
  const work = async () => {
    for (const one of left) {
      if (signal?.aborted) return;
      await act(one);
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, work));
}
