/** Who is in the room. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useSurrounding } from '../app/context';
import type { Person } from '../chat/actions';
import type { RoomSession } from '../session/room-session';
import { useSnapshot } from '../session/use-room-session';
import { Avatar, hueStyle } from '../ui/avatar';
import { Icon } from '../ui/icon';
import { clock } from '../ui/time';
import { readMembers } from './members';

/** After somebody came or went; a crowd that comes at once is one question. */
const SETTLE_MS = 800;
const LOOK_EVERY_MS = 30_000;

export function useMembers(session: RoomSession) {
  const { api } = useSurrounding();
  const { state } = useSnapshot(session);
  const members = useQuery({
    queryKey: ['members', session.room],
    queryFn: ({ signal }) => readMembers(api, session.room, signal),
    refetchInterval: LOOK_EVERY_MS,
    enabled: state === 'live',
  });
  const { refetch } = members;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const stop = session.onPeople(() => {
      timer ??= setTimeout(() => {
        timer = null;
        void refetch();
      }, SETTLE_MS);
    });
    return () => {
      stop();
      if (timer !== null) clearTimeout(timer);
    };
  }, [session, refetch]);
  return members;
}

export function Roster({ session, open, onClose, onShow }: { session: RoomSession; open: boolean; onClose: () => void; onShow: (person: Person) => void }) {
  const { me } = useSurrounding();
  const members = useMembers(session);
  const [search, setSearch] = useState('');
  const wanted = search.trim().toLowerCase();
  const { members: present, state } = useSnapshot(session);
  const [since] = useState(() => new Date().toISOString());
  const listed = members.data?.members ?? [];
  // Whoever looks is there, though the list may learn of it a moment later.
  const isMissing = members.data?.more === false && state === 'live' && !listed.some(({ userId }) => userId === me.userId);
  const all = isMissing ? [...listed, { userId: me.userId, username: me.username, role: me.role, connections: 1, joinedAt: since }] : listed;
  const found = all
    .filter(({ userId, username }) => username.toLowerCase().includes(wanted) || userId.toLowerCase().includes(wanted))
    .toSorted((a, b) => a.username.localeCompare(b.username));
  const unknown = members.data === undefined || (members.isError && all.length === 0);
  const count = unknown ? present : members.data.more ? Math.max(present ?? 0, all.length) : all.length;

  return (
    <aside className="roster" data-open={open} aria-label="People">
      <header>
        <h2>People{count !== null && <span className="count">{count.toLocaleString()}</span>}</h2>
        <button type="button" className="icon-button only-narrow" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <label className="search">
        <Icon name="search" />
        <input type="search" value={search} onChange={(event) => setSearch(event.target.value)} placeholder="Find somebody" aria-label="Find somebody" />
      </label>
      {found.length === 0 ? (
        <p className="quiet pad">{state === 'refused' ? 'Only who is let in sees who is here.' : emptyText(members.isError, all.length > 0, members.isPending)}</p>
      ) : (
        <ul>
          {found.map((member) => (
            <li key={member.userId}>
              <button type="button" className="member" onClick={() => onShow(member)} title={`${member.userId}, here since ${clock(Date.parse(member.joinedAt))}`}>
                <Avatar userId={member.userId} username={member.username} />
                <span className="name" style={hueStyle(member.userId)}>
                  <bdi>{member.username}</bdi>
                </span>
                {member.role !== undefined && member.role !== 'viewer' && (
                  <span data-role={member.role} role="img" aria-label={member.role} title={member.role}>
                    <Icon name={member.role === 'owner' ? 'star' : 'shield'} />
                  </span>
                )}
                {member.userId === me.userId && <small>you</small>}
                {member.connections > 1 && <small aria-label={`${member.connections} connections`}>×{member.connections}</small>}
              </button>
            </li>
          ))}
        </ul>
      )}
      {members.data?.more === true && <p className="quiet pad">There are more than these {all.length.toLocaleString()}.</p>}
    </aside>
  );
}

function emptyText(failed: boolean, isSearch: boolean, pending: boolean): string {
  if (isSearch) return 'Nobody of that name is here.';
  if (failed) return 'Who is here cannot be told now.';
  return pending ? 'Looking who is here…' : 'Nobody is here.';
}
