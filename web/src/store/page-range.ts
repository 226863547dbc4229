/**
 * What a page of history proves. A page that goes on (`after`) ends before a number that may still be
 * filled; one that goes back does not, so a number missing there is only known to be unused when the
 * message behind it is two seconds old.
 */
import type { HistoryPage } from '../protocol/types';
import { Intervals, type Interval } from './intervals';

/**
 * Which question a page of history answers. `at`: the time of the message of that sequence.
 * `known`: up to where, without a gap from the cursor on, every number was known when it was asked.
 */
export type Cursor =
  | { readonly kind: 'newest' }
  | { readonly kind: 'before'; readonly sequence: number; readonly at?: number }
  | { readonly kind: 'after'; readonly sequence: number; readonly known?: number };

/** A message is stored within this time after it took its sequence, or never. */
const HOLE_IS_YOUNG_MS = 2_000;

/** The sequences about which the page says everything: what is in them and not in it is not there. */
export function certain(page: HistoryPage, cursor: Cursor): readonly Interval[] {
  const found = page.messages.flatMap((m) => (m.sequence === undefined ? [] : [{ n: m.sequence, at: Date.parse(m.timestamp) }]));
  if (cursor.kind === 'after') {
    // A page that is the last may end early only at a number that was not known: whatever it does not
    // show below that is deleted.
    const known = page.next === null ? (cursor.known ?? 0) : 0;
    const high = Math.max(found.at(-1)?.n ?? 0, page.next ?? 0, known);
    return high > cursor.sequence ? [{ low: cursor.sequence + 1, high }] : [];
  }
  const edge = cursor.kind === 'before' ? [{ n: cursor.sequence, at: cursor.at ?? Number.POSITIVE_INFINITY }] : [];
  const asOf = Math.max(...found.map((m) => m.at), cursor.kind === 'before' ? (cursor.at ?? 0) : 0);
  const ranges = new Intervals();
  // Where nothing is below, numbering starts: 0 is the place before the first.
  let previous = page.next === null ? 0 : Math.min(found[0]?.n ?? page.next, page.next) - 1;
  if (page.next === null) ranges.add(0, 0);
  for (const { n, at } of [...found, ...edge]) {
    const high = n === edge[0]?.n ? n - 1 : n;
    const absentForGood = asOf - at >= HOLE_IS_YOUNG_MS;
    ranges.add(absentForGood ? previous + 1 : n, high);
    previous = n;
  }
  return ranges.all;
}
