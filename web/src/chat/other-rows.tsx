/** Rows that are not messages of the room: notices, what is being sent, holes, days, the unread mark. */
import { memo, useEffect } from 'react';
import type { Pending, PresenceRow, SystemRow } from '../store/rows';
import { Icon } from '../ui/icon';
import { sentence } from '../ui/sentence';
import { clock, day } from '../ui/time';
import { useChatActions } from './actions';
import { Text } from './text';

const NAMES_SHOWN = 3;

export const PresenceView = memo(function PresenceView({ row }: { row: PresenceRow }) {
  const parts = [part(row.joined, 'joined'), part(row.left, 'left')].filter((text) => text !== '');
  // Who only looked in leaves a row with nothing to say; it keeps its place.
  return <p className={parts.length === 0 ? 'notice nothing-left' : 'notice'}>{parts.join(' · ')}</p>;
});

function part(names: readonly string[], verb: string): string {
  if (names.length === 0) return '';
  const shown = names.slice(-NAMES_SHOWN).join(', ');
  const more = names.length - NAMES_SHOWN;
  return more > 0 ? `${shown} and ${more} more ${verb}` : `${shown} ${verb}`;
}

export const SystemView = memo(function SystemView({ row }: { row: SystemRow }) {
  return (
    <div className="announcement">
      <Icon name="megaphone" />
      <p>
        <b>Announcement</b> <time>{clock(row.at)}</time>
        <br />
        <Text content={row.content} />
      </p>
    </div>
  );
});

export const PendingView = memo(function PendingView({ pending, connected }: { pending: Pending; connected: boolean }) {
  const actions = useChatActions();
  const failed = pending.state === 'failed';
  return (
    <article className="message pending" data-headed="false" data-own="true" data-state={pending.state} aria-label="Your message, not yet in the room">
      <p className="body">
        <Text content={pending.content} />
      </p>
      <p className="note">
        {pending.to !== null && `Private, to ${actions.nameOf(pending.to)}. `}
        {failed ? `Not sent. ${sentence(pending.refusal?.message ?? '')}` : connected ? 'Sending…' : 'Goes out when the connection is back.'}
        {failed && (
          <span className="note-buttons">
            <button type="button" onClick={() => actions.retry(pending.nonce)}>
              <Icon name="retry" />
              Try again
            </button>
            <button type="button" onClick={() => actions.discard(pending.nonce)}>
              Discard
            </button>
          </span>
        )}
      </p>
    </article>
  );
});

/** Messages that are not here yet. Whoever scrolls to it has them fetched. */
export function HoleView({ missing, onSeen }: { missing: number; onSeen: () => void }) {
  useEffect(onSeen, [onSeen]);
  return (
    <button type="button" className="divider hole" onClick={onSeen}>
      {missing === 1 ? 'One message is missing here, loading…' : `${missing.toLocaleString()} messages between, loading…`}
    </button>
  );
}

export function DayView({ at }: { at: number }) {
  return <p className="divider">{day(at)}</p>;
}

export function UnreadView() {
  return <p className="divider unread">New</p>;
}
