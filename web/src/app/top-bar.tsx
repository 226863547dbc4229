/** Which room, how the connection is, chat or numbers. */
import type { MouseEvent } from 'react';
import type { ConnectionState } from '../connection/connection';
import type { RoomSession } from '../session/room-session';
import { useSnapshot } from '../session/use-room-session';
import { Icon } from '../ui/icon';
import { go, hrefOf, type Route, type View } from './route';

export type Drawer = 'rooms' | 'people' | null;

const STATES: Readonly<Record<ConnectionState, string>> = {
  connecting: 'Connecting…',
  live: 'Live',
  reconnecting: 'Reconnecting…',
  offline: 'Offline',
  refused: 'Not let in',
};

export function TopBar({ route, session, drawer, onDrawer }: { route: Route; session: RoomSession; drawer: Drawer; onDrawer: (drawer: Drawer) => void }) {
  const { state, members } = useSnapshot(session);
  const toggle = (which: Drawer) => onDrawer(drawer === which ? null : which);
  return (
    <header className="top-bar">
      <button type="button" className="icon-button only-narrow" aria-expanded={drawer === 'rooms'} aria-label="Rooms" onClick={() => toggle('rooms')}>
        <Icon name="rooms" />
      </button>
      <h1>{route.room}</h1>
      <span className="state" data-state={state} role="status">
        <span className="state-dot" aria-hidden="true" />
        <span className="state-word">{STATES[state]}</span>
      </span>
      <nav className="views" aria-label="Views">
        <ViewLink route={route} view="chat" name="Chat" icon="chat" />
        <ViewLink route={route} view="dashboard" name="Numbers" icon="chart" />
      </nav>
      {route.view === 'chat' && (
        <button type="button" className="icon-button people-button" aria-expanded={drawer === 'people'} aria-label={members === null ? 'People' : `People: ${members}`} onClick={() => toggle('people')}>
          <Icon name="people" />
          {members !== null && <span aria-hidden="true">{members.toLocaleString()}</span>}
        </button>
      )}
    </header>
  );
}

function ViewLink({ route, view, name, icon }: { route: Route; view: View; name: string; icon: 'chat' | 'chart' }) {
  const target = { ...route, view, at: null };
  const follow = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(target);
  };
  return (
    <a href={hrefOf(target)} aria-current={route.view === view ? 'page' : undefined} onClick={follow}>
      <Icon name={icon} />
      <span>{name}</span>
    </a>
  );
}
