/** All emotes to choose from. */
import { useEffect, useRef, useState } from 'react';
import { Icon } from '../ui/icon';
import { EMOTES } from './emotes';

export function EmotePicker({ onPick }: { onPick: (name: string) => void }) {
  const [open, setOpen] = useState(false);
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const close = (event: Event) => {
      if (event instanceof KeyboardEvent ? event.key === 'Escape' : !element.current?.contains(event.target as Node)) setOpen(false);
    };
    addEventListener('keydown', close);
    addEventListener('pointerdown', close);
    return () => {
      removeEventListener('keydown', close);
      removeEventListener('pointerdown', close);
    };
  }, [open]);
  return (
    <div className="emotes" ref={element}>
      <button type="button" className="icon-button" aria-label="Emotes" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name="smile" />
      </button>
      {open && (
        <ul className="emote-grid" aria-label="Emotes">
          {[...EMOTES].map(([name, emote]) => (
            <li key={name}>
              <button
                type="button"
                title={`:${name}:`}
                aria-label={name.replaceAll('_', ' ')}
                onClick={() => {
                  onPick(name);
                  setOpen(false);
                }}
              >
                {emote}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
