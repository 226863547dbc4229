/** A moderator's desk for the room: an announcement, slow mode, the rules, what was done so far. */
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useSurrounding } from '../app/context';
import type { ModerationLog, RoomSettings } from '../protocol/types';
import type { RoomSession } from '../session/room-session';
import type { Refusal } from '../store/rows';
import { Dialog } from '../ui/dialog';
import { sentence } from '../ui/sentence';
import { duration, exact } from '../ui/time';
import { RoomRules } from './room-rules';

const DEEDS: Readonly<Record<string, string>> = { timeout: 'Timeout', ban: 'Ban', unban: 'Ban lifted', delete: 'Removed', announce: 'Announced', slowMode: 'Slow mode', settings: 'Rules changed' };
const SLOW_MODES = [0, 3, 5, 10, 30, 60, 300];

interface Props {
  session: RoomSession;
  settings: RoomSettings | undefined;
  onClose: () => void;
  onChanged: () => void;
}

export function RoomDesk({ session, settings, onClose, onChanged }: Props) {
  const { api } = useSurrounding();
  const [text, setText] = useState('');
  const [said, setSaid] = useState<string | null>(null);
  const log = useQuery({
    queryKey: ['moderation', session.room],
    queryFn: ({ signal }) => api.get<ModerationLog>(`/api/rooms/${encodeURIComponent(session.room)}/moderation`, {}, signal),
    staleTime: 0,
  });
  const carryOut = (op: object, done: string) => {
    setSaid(null);
    session
      .moderate(op)
      .then(() => {
        setSaid(done);
        onChanged();
        return log.refetch();
      })
      .catch((refusal: Refusal) => setSaid(sentence(refusal.message)));
  };
  const announce = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() === '') return;
    carryOut({ op: 'announce', content: text.trim() }, 'Announced.');
    setText('');
  };
  const slow = settings?.slowModeSeconds ?? 0;
  const entries = log.data?.entries ?? [];
  return (
    <Dialog title={`Settings of ${session.room}`} onClose={onClose}>
      <form className="stack" onSubmit={announce}>
        <label htmlFor="announce">Announcement to everybody</label>
        <div className="field-with-button">
          <input id="announce" value={text} onChange={(event) => setText(event.target.value)} maxLength={1_000} />
          <button type="submit" disabled={text.trim() === ''}>
            Announce
          </button>
        </div>
      </form>
      <div className="stack">
        <label htmlFor="slow-mode">Slow mode</label>
        <select
          id="slow-mode"
          value={slow}
          onChange={(event) => {
            const seconds = Number(event.target.value);
            carryOut({ op: 'slowMode', seconds }, seconds === 0 ? 'Slow mode is off.' : `One message every ${seconds} s.`);
          }}
        >
          {[...new Set([...SLOW_MODES, slow])].map((seconds) => (
            <option key={seconds} value={seconds}>
              {seconds === 0 ? 'Off' : `A message every ${seconds} s`}
            </option>
          ))}
        </select>
      </div>
      <p role="status" className="said">
        {said}
      </p>
      {settings !== undefined && (
        <details className="rules-part">
          <summary>Rules for messages</summary>
          <RoomRules
            settings={settings}
            onChanged={() => {
              onChanged();
              void log.refetch();
            }}
          />
        </details>
      )}
      <h3>What was done</h3>
      {entries.length === 0 ? (
        <p className="quiet">{log.isError ? 'The log cannot be read now.' : 'Nothing so far.'}</p>
      ) : (
        // Whatever scrolls must be within a keyboard's reach.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <ul className="log" tabIndex={0}>
          {entries.map((entry) => (
            <li key={entry.id}>
              <b>{DEEDS[entry.op] ?? entry.op}</b> {entry.userId ?? entry.content ?? (entry.sequence !== undefined && `message ${entry.sequence}`)}
              {entry.seconds !== undefined && ` ${duration(entry.seconds * 1_000)}`}{' '}
              <span className="quiet">
                by {entry.moderator}, {exact(Date.parse(entry.timestamp))}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
