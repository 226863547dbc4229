/** Where to go: rooms with people in them, rooms that were visited, any other room by its name. */
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type MouseEvent } from 'react';
import type { Rooms } from '../protocol/types';
import { Avatar } from '../ui/avatar';
import { Brand } from '../ui/brand';
import { useSurrounding } from './context';
import { go, hrefOf, isRoom, type Route } from './route';
import { visitedRooms } from './stored';

const LOOK_EVERY_MS = 5_000;

export function Sidebar({ route, onLeave, onDone }: { route: Route; onLeave: () => void; onDone: () => void }) {
  const { api, me } = useSurrounding();
  const rooms = useQuery({
    queryKey: ['rooms'],
    queryFn: ({ signal }) => api.get<Rooms>('/api/rooms', {}, signal),
    refetchInterval: (query) => (query.state.status === 'error' ? LOOK_EVERY_MS * 6 : LOOK_EVERY_MS),
  });
  const [wanted, setWanted] = useState('');
  const active = rooms.data?.rooms ?? [];
  const others = [...new Set([route.room, ...visitedRooms()])].filter((room) => !active.some(({ roomId }) => roomId === room));

  const enter = (room: string) => {
    go({ ...route, room, at: null });
    onDone();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isRoom(wanted)) return;
    enter(wanted);
    setWanted('');
  };
  const invalid = wanted !== '' && !isRoom(wanted);

  return (
    <aside className="sidebar" aria-label="Rooms">
      <Brand />
      <nav className="rooms" aria-label="Rooms">
        <h2>Rooms</h2>
        <ul>
          {active.map((room) => (
            <RoomLink key={room.roomId} room={room.roomId} members={room.members} route={route} onEnter={enter} />
          ))}
          {others.map((room) => (
            <RoomLink key={room} room={room} members={null} route={route} onEnter={enter} />
          ))}
        </ul>
      </nav>
      <form className="new-room" onSubmit={submit}>
        <label htmlFor="new-room">Another room</label>
        <div className="field-with-button">
          <input
            id="new-room"
            value={wanted}
            onChange={(event) => setWanted(event.target.value.trim())}
            placeholder="its name"
            autoComplete="off"
            aria-invalid={invalid}
            aria-describedby="new-room-hint"
          />
          <button type="submit" disabled={!isRoom(wanted)}>
            Go
          </button>
        </div>
        <p id="new-room-hint" className={invalid ? 'wrong' : 'quiet'}>
          {invalid ? 'Only letters, digits, _ and -, at most 64.' : 'Naming a room makes it.'}
        </p>
      </form>
      <div className="me">
        <Avatar userId={me.userId} username={me.username} />
        <span className="me-name">
          <b>{me.username}</b>
          <small>{me.role === 'viewer' ? me.userId : me.role}</small>
        </span>
        <button type="button" className="link" onClick={onLeave}>
          Change
        </button>
      </div>
    </aside>
  );
}

function RoomLink({ room, members, route, onEnter }: { room: string; members: number | null; route: Route; onEnter: (room: string) => void }) {
  const follow = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onEnter(room);
  };
  return (
    <li>
      <a href={hrefOf({ ...route, room, at: null })} aria-current={room === route.room ? 'page' : undefined} onClick={follow}>
        <span className="room-name">{room}</span>
        {members !== null && (
          <span className="count" aria-label={members === 1 ? '1 person is here' : `${members} people are here`}>
            {members.toLocaleString()}
          </span>
        )}
      </a>
    </li>
  );
}
