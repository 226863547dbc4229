/** What stands above a room's messages: its announcement, and a moderator's way to its settings. */
import { useState } from 'react';
import { Icon } from '../ui/icon';

export function RoomBar({ announcement, onDesk }: { announcement: string; onDesk: (() => void) | null }) {
  const [open, setOpen] = useState(false);
  if (announcement === '' && onDesk === null) return null;
  return (
    <div className="room-bar" data-pinned={announcement !== ''}>
      {announcement !== '' && (
        <button type="button" className="pinned" aria-expanded={open} aria-label={`Announcement: ${announcement}`} onClick={() => setOpen(!open)}>
          <Icon name="megaphone" />
          <span>{announcement}</span>
        </button>
      )}
      {onDesk !== null && (
        <button type="button" className="desk-button" onClick={onDesk}>
          <Icon name="shield" />
          <span className="desk-word">Room settings</span>
        </button>
      )}
    </div>
  );
}
