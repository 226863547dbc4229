/** A message's length as the server counts it: Unicode scalar values after trimming. */
export function lengthOf(content: string): number {
  return Array.from(content.trim()).length;
}
