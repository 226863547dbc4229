/** The room's messages: only what is in view is in the document, whatever there is. */
import { useCallback, useEffect, useImperativeHandle, useRef, useState, type Ref } from 'react';
import { Virtuoso, type VirtuosoHandle } from 'react-virtuoso';
import type { RoomSession, Snapshot } from '../session/room-session';
import type { Pending, Row } from '../store/rows';
import { Icon } from '../ui/icon';
import { sameDay } from '../ui/time';
import { MessageView, PrivateView } from './message-view';
import { DayView, HoleView, PendingView, PresenceView, SystemView, UnreadView } from './other-rows';
import { useFollowing } from './use-following';
import { useUnread } from './use-unread';

/** Rows put in front count down from here, so that the list keeps its place. */
const FIRST_INDEX = 100_000_000;
/** A pause that begins a new group. */
const GROUP_MS = 5 * 60_000;
/** Pixels from the end that still count as being there. */
const NEAR_END = 80;
/** The same of the start, where the page before is fetched. */
const NEAR_START = 200;
const ASK_AGAIN_MS = 300;
const SCROLL_TAKES_MS = 150;
const SCROLL_ATTEMPTS = 10;
const LIT_MS = 4_000;
/** Rows that may all be notices; with more the question is not asked. */
const QUIET_ROWS = 10;

export interface ListHandle {
  toNewest(): void;
  to(sequence: number): void;
}

export function MessageList({ session, snapshot, ref }: { session: RoomSession; snapshot: Snapshot; ref: Ref<ListHandle> }) {
  const { rows, pending, prepended, ready, state, loadingOlder, reachesStart } = snapshot;
  const list = useRef<VirtuosoHandle>(null);
  const host = useRef<HTMLDivElement>(null);
  const { atEnd, leave, follow, onBottom, isUntouched, handlers } = useFollowing();
  const [atTop, setAtTop] = useState(false);
  const [lit, setLit] = useState<number | null>(null);
  const unread = useUnread(session.log.newest, atEnd, ready);
  const count = rows.length + pending.length;
  const first = FIRST_INDEX - prepended;

  const toNewest = useCallback(() => {
    follow();
    list.current?.scrollToIndex({ index: 'LAST', align: 'end' });
  }, [follow]);
  // A burst adds more rows than one step of the list's own following takes in.
  useEffect(() => {
    if (atEnd && count > 0) list.current?.scrollToIndex({ index: 'LAST', align: 'end' });
  }, [atEnd, count]);
  // Where one writes grows over the newest message, and the rest of the window with it; and what was on its
  // way is replaced by what was said, which may be taller. Not by the list's own means, which do not know of
  // the new height yet.
  const stayAtEnd = useCallback(() => {
    if (atEnd && isUntouched()) host.current?.querySelector('.scroller')?.scrollTo(0, Number.MAX_SAFE_INTEGER);
  }, [atEnd, isUntouched]);
  useEffect(() => {
    const element = host.current;
    if (!atEnd || element === null) return;
    const resize = new ResizeObserver(stayAtEnd);
    resize.observe(element);
    return () => resize.disconnect();
  }, [atEnd, stayAtEnd]);
  // Rows that were only just put in front make the list correct its place, which can undo a scroll.
  const scrollTo = (sequence: number, attempts: number) => {
    list.current?.scrollToIndex({ index: session.log.indexOf(sequence), align: 'center' });
    setTimeout(() => {
      const there = host.current?.querySelector('.message[data-lit="true"]');
      if (!there && attempts > 1) scrollTo(sequence, attempts - 1);
    }, SCROLL_TAKES_MS);
  };
  useImperativeHandle(ref, () => ({
    toNewest: () => {
      unread.clear();
      toNewest();
    },
    to: (sequence) => {
      leave();
      setLit(sequence);
      scrollTo(sequence, SCROLL_ATTEMPTS);
    },
  }));
  // The start is reached once; whoever waits there while a page comes, or fails to, is waiting for more.
  useEffect(() => {
    if (!atTop || loadingOlder || reachesStart) return;
    const timer = setTimeout(() => void session.loadOlder(), ASK_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [atTop, loadingOlder, reachesStart, session]);
  useEffect(() => {
    if (lit === null) return;
    const timer = setTimeout(() => setLit(null), LIT_MS);
    return () => clearTimeout(timer);
  }, [lit]);

  const render = (absolute: number) => {
    const index = absolute - first;
    const row = rows[index];
    if (row === undefined) {
      const sending = pending[index - rows.length];
      return sending === undefined ? <div className="nothing" /> : <PendingView pending={sending} connected={state === 'live'} />;
    }
    return <RowView session={session} index={index} row={row} before={rows[index - 1]} marked={unread.mark} lit={lit} first={index === 0 && reachesStart} />;
  };

  // Who comes and goes is no conversation yet.
  if (ready && pending.length === 0 && rows.length < QUIET_ROWS && rows.every((row) => row.kind === 'presence')) {
    return (
      <div className="empty">
        <p>Nobody has said anything here yet.</p>
        <p className="quiet">Be the first: everything you write is kept and shown to whoever comes.</p>
      </div>
    );
  }
  const news = unread.mark === null ? 0 : session.log.newest - unread.mark + 1;
  return (
    // Only listened to: whoever reads back should not be pulled to the end.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div ref={host} className="list" {...handlers}>
      <Virtuoso
        key={snapshot.epoch}
        ref={list}
        className="scroller"
        aria-label="Messages"
        role="region"
        firstItemIndex={first}
        totalCount={count}
        initialTopMostItemIndex={{ index: 'LAST', align: 'end' }}
        itemContent={render}
        computeItemKey={(absolute) => keyOf(rows, pending, absolute - first)}
        followOutput={atEnd ? 'auto' : false}
        totalListHeightChanged={stayAtEnd}
        atBottomThreshold={NEAR_END}
        atBottomStateChange={onBottom}
        startReached={() => void session.loadOlder()}
        atTopThreshold={NEAR_START}
        atTopStateChange={setAtTop}
        alignToBottom
        increaseViewportBy={{ top: 600, bottom: 300 }}
        components={{ Header: loadingOlder ? LoadingOlder : Spacer, Footer: Spacer }}
      />
      {!atEnd && (
        <button type="button" className="to-newest" onClick={toNewest}>
          <Icon name="down" />
          {news > 0 ? `${news.toLocaleString()} new` : 'Newest'}
        </button>
      )}
      <Newest rows={rows} atEnd={atEnd} />
    </div>
  );
}

function RowView({ session, index, row, before, marked, lit, first }: { session: RoomSession; index: number; row: Row; before: Row | undefined; marked: number | null; lit: number | null; first: boolean }) {
  const hole = session.log.holeBefore(index);
  const newDay = before === undefined || !sameDay(before.at, row.at);
  const sequence = row.kind === 'message' ? row.sequence : null;
  const isMarked = marked !== null && sequence !== null && sequence >= marked && (before === undefined || before.anchor < marked);
  const fill = useCallback(() => {
    // What cannot be had now is asked for again when somebody looks again.
    if (sequence !== null) void session.fillBefore(sequence).catch(() => undefined);
  }, [session, sequence]);
  return (
    <>
      {first && <p className="divider start">The beginning of this room</p>}
      {hole !== null && <HoleView missing={hole.high - hole.low + 1} onSeen={fill} />}
      {newDay && <DayView at={row.at} />}
      {isMarked && <UnreadView />}
      <Content row={row} headed={newDay || hole !== null || isMarked || !continues(before, row)} lit={lit !== null && lit === sequence} />
    </>
  );
}

function Content({ row, headed, lit }: { row: Row; headed: boolean; lit: boolean }) {
  switch (row.kind) {
    case 'message':
      return <MessageView row={row} headed={headed} lit={lit} />;
    case 'private':
      return <PrivateView row={row} />;
    case 'presence':
      return <PresenceView row={row} />;
    case 'system':
      return <SystemView row={row} />;
  }
}

/** Whether a row needs no author of its own. */
function continues(before: Row | undefined, row: Row): boolean {
  return (
    before?.kind === 'message' &&
    row.kind === 'message' &&
    before.userId === row.userId &&
    before.username === row.username &&
    row.replyTo === null &&
    row.at - before.at < GROUP_MS
  );
}

function keyOf(rows: readonly Row[], pending: readonly Pending[], index: number): string {
  return rows[index]?.key ?? pending[index - rows.length]?.key ?? `x${index}`;
}

/** What a screen reader says: the newest message, while somebody follows the room. */
function Newest({ rows, atEnd }: { rows: readonly Row[]; atEnd: boolean }) {
  const row = rows.at(-1);
  const spoken = atEnd && row !== undefined && (row.kind === 'message' || row.kind === 'private') ? `${row.username}: ${row.content}` : '';
  return (
    <p className="unseen" aria-live="polite">
      {spoken}
    </p>
  );
}

const LoadingOlder = () => <p className="divider">Loading earlier messages…</p>;
const Spacer = () => <div className="spacer" />;
