/**
 * Whether the list follows its end. It does until somebody moves it away: rows that come faster than
 * they are drawn put the end out of sight as well, and must not count as somebody who reads back.
 */
import { useCallback, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent, type WheelEvent } from 'react';

const LEAVING_MS = 1_500;
const KEYS_UP: ReadonlySet<string> = new Set(['ArrowUp', 'PageUp', 'Home']);

export function useFollowing() {
  const [atEnd, setAtEnd] = useState(true);
  const atBottom = useRef(true);
  const moved = useRef(false);
  const leaving = useRef<ReturnType<typeof setTimeout> | null>(null);

  /** Off to another place in history. Until the list has got there, it may still report its end. */
  const leave = useCallback(() => {
    moved.current = true;
    setAtEnd(false);
    if (leaving.current !== null) clearTimeout(leaving.current);
    leaving.current = setTimeout(() => {
      leaving.current = null;
      if (atBottom.current) setAtEnd(true);
    }, LEAVING_MS);
  }, []);
  const follow = useCallback(() => {
    if (leaving.current !== null) clearTimeout(leaving.current);
    leaving.current = null;
    moved.current = false;
    setAtEnd(true);
  }, []);
  const onBottom = useCallback((bottom: boolean) => {
    atBottom.current = bottom;
    if (bottom && leaving.current !== null) return;
    if (bottom) {
      moved.current = false;
      setAtEnd(true);
    } else if (moved.current) {
      setAtEnd(false);
    }
  }, []);
  /** Whether nobody has begun to move the list away, however little. */
  const isUntouched = useCallback(() => !moved.current && leaving.current === null, []);
  const handlers = useMemo(() => {
    const move = () => {
      moved.current = true;
      if (!atBottom.current) setAtEnd(false);
    };
    return {
      onWheel: (event: WheelEvent) => event.deltaY < 0 && move(),
      onTouchMove: move,
      // On the list itself: its scroll bar.
      onPointerDown: (event: PointerEvent) => event.target instanceof Element && event.target.matches('.scroller') && move(),
      onKeyDown: (event: KeyboardEvent) => KEYS_UP.has(event.key) && move(),
    };
  }, []);
  return { atEnd, leave, follow, onBottom, isUntouched, handlers };
}
