/** A person: what they wrote, how to speak to them, and what a moderator can do. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSurrounding } from '../app/context';
import { Text } from '../chat/text';
import type { Person } from '../chat/actions';
import { ApiError } from '../http/api';
import type { UserMessages } from '../protocol/types';
import type { RoomSession } from '../session/room-session';
import type { Refusal } from '../store/rows';
import { Avatar } from '../ui/avatar';
import { Dialog } from '../ui/dialog';
import { Icon } from '../ui/icon';
import { sentence } from '../ui/sentence';
import { exact } from '../ui/time';

const MESSAGES = 30;
const TIMEOUTS: readonly (readonly [number, string])[] = [
  [60, '1 minute'],
  [600, '10 minutes'],
  [3_600, '1 hour'],
  [86_400, '1 day'],
];

interface Props {
  person: Person;
  session: RoomSession;
  moderates: boolean;
  onClose: () => void;
  onWhisper: () => void;
  onMention: () => void;
}

export function UserCard({ person, session, moderates, onClose, onWhisper, onMention }: Props) {
  const { api, me } = useSurrounding();
  const own = person.userId === me.userId;
  const messages = useQuery({
    queryKey: ['user', person.userId],
    queryFn: ({ signal }) => api.get<UserMessages>(`/api/users/${encodeURIComponent(person.userId)}/messages`, { limit: MESSAGES }, signal),
    staleTime: 0,
  });
  return (
    <Dialog
      onClose={onClose}
      title={
        <span className="card-title">
          <Avatar userId={person.userId} username={person.username} />
          <span>
            <bdi>{person.username}</bdi>
            <small>{person.userId}</small>
          </span>
        </span>
      }
    >
      {!own && (
        <div className="button-row">
          <button type="button" onClick={onWhisper}>
            <Icon name="lock" />
            Write privately
          </button>
          <button type="button" onClick={onMention}>
            Mention
          </button>
        </div>
      )}
      {moderates && !own && <ModeratorPart person={person} session={session} />}
      <h3>{own ? 'What you wrote' : 'What they wrote'}</h3>
      <Written error={messages.error} messages={messages.data?.messages} />
    </Dialog>
  );
}

function Written({ error, messages }: { error: Error | null; messages: UserMessages['messages'] | undefined }) {
  if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return <p className="quiet">Only moderators see what others wrote.</p>;
  if (error !== null) return <p className="quiet">This cannot be loaded now.</p>;
  if (messages === undefined) return <p className="quiet">Loading…</p>;
  if (messages.length === 0) return <p className="quiet">Nothing yet.</p>;
  return (
    // Whatever scrolls must be within a keyboard's reach.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <ol className="written" tabIndex={0}>
      {messages.toReversed().map((message) => (
        <li key={message.messageId}>
          <p className="quiet">
            {message.roomId}, {exact(Date.parse(message.timestamp))}
          </p>
          <p>
            <Text content={message.content} />
          </p>
        </li>
      ))}
    </ol>
  );
}

function ModeratorPart({ person, session }: { person: Person; session: RoomSession }) {
  const [seconds, setSeconds] = useState(600);
  const [asked, setAsked] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  const carryOut = (op: object, done: string) => {
    setAsked(false);
    setSaid(null);
    session
      .moderate({ ...op, userId: person.userId })
      .then(() => setSaid(done))
      .catch((refusal: Refusal) => setSaid(sentence(refusal.message)));
  };
  return (
    <section className="moderation" aria-label="Moderation">
      <div className="field-with-button">
        <select aria-label="Length of the timeout" value={seconds} onChange={(event) => setSeconds(Number(event.target.value))}>
          {TIMEOUTS.map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
        <button type="button" onClick={() => carryOut({ op: 'timeout', seconds }, `${person.username} cannot write for ${TIMEOUTS.find(([value]) => value === seconds)?.[1] ?? ''}.`)}>
          Time out
        </button>
      </div>
      <div className="button-row">
        {asked ? (
          <>
            <p className="quiet">
              <bdi>{person.username}</bdi> would be thrown out of {session.room} and could not come back.
            </p>
            <button type="button" className="danger" onClick={() => carryOut({ op: 'ban' }, `${person.username} is banned from ${session.room}.`)}>
              Yes, ban
            </button>
            <button type="button" onClick={() => setAsked(false)}>
              Cancel
            </button>
          </>
        ) : (
          <>
            <button type="button" className="danger" onClick={() => setAsked(true)}>
              Ban…
            </button>
            <button type="button" onClick={() => carryOut({ op: 'unban' }, `${person.username} may come back.`)}>
              Lift a ban
            </button>
          </>
        )}
      </div>
      <p role="status" className="said">
        {said}
      </p>
    </section>
  );
}
