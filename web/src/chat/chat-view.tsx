/** A room: its messages, who is there, where one writes. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useSurrounding } from '../app/context';
import type { MemberList } from '../people/members';
import { Roster } from '../people/roster';
import { UserCard } from '../people/user-card';
import type { RoomSettings } from '../protocol/types';
import type { RoomSession } from '../session/room-session';
import { useSnapshot } from '../session/use-room-session';
import type { MessageRow, Refusal } from '../store/rows';
import { sentence } from '../ui/sentence';
import { ChatActionsContext, type ChatActions, type Person } from './actions';
import { Composer, type ComposerHandle } from './composer';
import { MessageList, type ListHandle } from './message-list';
import { RoomBar } from './room-bar';
import { RoomDesk } from './room-desk';

const LONGEST = 1_000;

interface Props {
  session: RoomSession;
  at: number | null;
  hidden: boolean;
  peopleOpen: boolean;
  onPeopleClose: () => void;
  onLeave: () => void;
}

export function ChatView({ session, at, hidden, peopleOpen, onPeopleClose, onLeave }: Props) {
  const { api, me } = useSurrounding();
  const snapshot = useSnapshot(session);
  const queries = useQueryClient();
  const list = useRef<ListHandle>(null);
  const composer = useRef<ComposerHandle>(null);
  const [replyTo, setReplyTo] = useState<MessageRow | null>(null);
  const [to, setTo] = useState<Person | null>(null);
  const [person, setPerson] = useState<Person | null>(null);
  const [desk, setDesk] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const { room } = session;
  const settings = useQuery({
    queryKey: ['room', room],
    queryFn: ({ signal }) => api.get<RoomSettings>(`/api/rooms/${encodeURIComponent(room)}`, {}, signal),
    staleTime: 30_000,
  });
  const moderates = me.role !== 'viewer' && (me.rooms === null || me.rooms.includes(room));

  const actions = useMemo<ChatActions>(() => {
    const jump = (sequence: number) => {
      session
        .loadAround(sequence)
        // The rows are there with the next rendering.
        .then(() => requestAnimationFrame(() => requestAnimationFrame(() => list.current?.to(sequence))))
        .catch(() => setProblem('This part of the history cannot be loaded now.'));
    };
    return {
      me: { userId: me.userId, username: me.username },
      moderates,
      reply: (message) => {
        setTo(null);
        setReplyTo(message);
      },
      show: setPerson,
      jump,
      remove: (sequence) => {
        session.moderate({ op: 'delete', sequence }).catch((refusal: Refusal) => setProblem(refusal.message));
      },
      retry: (nonce) => session.retry(nonce),
      discard: (nonce) => session.discard(nonce),
      message: (sequence) => session.log.message(sequence),
      nameOf: (userId) => {
        const here = queries.getQueryData<MemberList>(['members', room])?.members;
        return here?.find((member) => member.userId === userId)?.username ?? session.log.nameOf(userId) ?? userId;
      },
    };
  }, [session, me, moderates, queries, room]);

  const { refetch } = settings;
  useEffect(() => session.onSettings(() => void refetch()), [session, refetch]);
  const { ready } = snapshot;
  useEffect(() => {
    if (at !== null && ready) actions.jump(at);
  }, [at, ready, actions]);
  useEffect(() => {
    if (problem === null) return;
    const timer = setTimeout(() => setProblem(null), 6_000);
    return () => clearTimeout(timer);
  }, [problem]);

  const cancel = () => {
    setReplyTo(null);
    setTo(null);
  };
  return (
    <ChatActionsContext value={actions}>
      <section className="chat" hidden={hidden} aria-label={`Room ${room}`}>
        {snapshot.state === 'refused' && (
          <div className="banner" role="alert">
            <p>{sentence(snapshot.reason ?? '')}</p>
            <button type="button" onClick={() => session.connection.retryNow()}>
              Try again
            </button>
            <button type="button" onClick={onLeave}>
              Change who I am
            </button>
          </div>
        )}
        {(snapshot.state === 'reconnecting' || snapshot.state === 'offline') && snapshot.ready && (
          <p className="banner calm" role="status">
            {snapshot.state === 'offline' ? 'You are offline.' : 'The connection was lost; trying again.'} What you write waits until the connection is back.
          </p>
        )}
        <RoomBar announcement={settings.data?.announcement ?? ''} onDesk={moderates ? () => setDesk(true) : null} />
        {snapshot.ready || snapshot.rows.length > 0 ? (
          <MessageList session={session} snapshot={snapshot} ref={list} />
        ) : (
          <p className="empty quiet">{snapshot.state === 'refused' ? '' : 'Opening the room…'}</p>
        )}
        {problem !== null && (
          <p className="toast" role="alert">
            {sentence(problem)}
          </p>
        )}
        <Composer
          ref={composer}
          room={room}
          state={snapshot.state}
          refusal={snapshot.refusal}
          longest={settings.data?.maxContentLength ?? LONGEST}
          slowModeSeconds={settings.data?.slowModeSeconds ?? 0}
          replyTo={replyTo}
          to={to}
          onSend={(draft) => {
            session.send(draft);
            setReplyTo(null);
            list.current?.toNewest();
          }}
          onCancel={cancel}
          onForgetRefusal={() => session.forgetRefusal()}
        />
      </section>
      {!hidden && <Roster session={session} open={peopleOpen} onClose={onPeopleClose} onShow={setPerson} />}
      {person !== null && (
        <UserCard
          person={person}
          session={session}
          moderates={moderates}
          onClose={() => setPerson(null)}
          onWhisper={() => {
            setReplyTo(null);
            setTo(person);
            setPerson(null);
            onPeopleClose();
          }}
          onMention={() => {
            composer.current?.insert(`@${person.username.replaceAll(' ', '')} `);
            setPerson(null);
            onPeopleClose();
          }}
        />
      )}
      {desk && <RoomDesk session={session} settings={settings.data} onClose={() => setDesk(false)} onChanged={() => void settings.refetch()} />}
    </ChatActionsContext>
  );
}
