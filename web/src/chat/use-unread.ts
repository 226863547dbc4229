/**
 * Where the unread messages begin. The mark is set when something arrives while nobody looks (the
 * page is hidden, or the list is not at its end), and stays until somebody has been at the end for a
 * while or has written something.
 */
import { useCallback, useEffect, useRef, useState } from 'react';

const SEEN_AFTER_MS = 4_000;

export interface Unread {
  /** The first unread sequence. */
  readonly mark: number | null;
  clear(): void;
}

export function useUnread(newest: number, atEnd: boolean, ready: boolean): Unread {
  const [mark, setMark] = useState<number | null>(null);
  const seen = useRef<number | null>(null);
  const visible = useVisible();
  const looking = visible && atEnd;

  useEffect(() => {
    if (!ready) return;
    if (seen.current === null || looking) {
      seen.current = newest;
      return;
    }
    const first = seen.current + 1;
    if (newest >= first) setMark((before) => before ?? first);
  }, [newest, looking, ready]);

  const clear = useCallback(() => setMark(null), []);
  useEffect(() => {
    if (mark === null || !looking) return;
    const timer = setTimeout(clear, SEEN_AFTER_MS);
    return () => clearTimeout(timer);
  }, [mark, looking, clear]);

  return { mark, clear };
}

function useVisible(): boolean {
  const [visible, setVisible] = useState(() => document.visibilityState === 'visible');
  useEffect(() => {
    const changed = () => setVisible(document.visibilityState === 'visible');
    document.addEventListener('visibilitychange', changed);
    return () => document.removeEventListener('visibilitychange', changed);
  }, []);
  return visible;
}
