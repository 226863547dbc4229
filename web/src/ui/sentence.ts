/** The server's words as a sentence: it writes them as parts of one. */
export function sentence(words: string): string {
  const text = words.trim();
  if (text === '') return '';
  const first = [...text][0] ?? '';
  return `${first.toUpperCase()}${text.slice(first.length)}${/[.!?…]$/.test(text) ? '' : '.'}`;
}
