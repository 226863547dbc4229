/** How long to wait before the next attempt. */

const FIRST_MS = 500;
const MOST_MS = 30_000;
/** Nobody waits less: a server that closes at once must not be hammered. */
const LEAST_MS = 200;

/**
 * Full jitter: anything up to twice as long with each failure, so that clients that lost the same
 * server do not come back together. `random` is in 0..1.
 */
export function backoff(failures: number, random: number): number {
  const most = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(failures, 16));
  return Math.max(LEAST_MS, Math.round(most * random));
}
