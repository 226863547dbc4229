/** A user's colour and initial: the same user looks the same everywhere. */
import type { CSSProperties } from 'react';

/** 0..359, by FNV-1a over the id. */
export function hueOf(userId: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < userId.length; i++) hash = Math.imul(hash ^ userId.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % 360;
}

export function hueStyle(userId: string): CSSProperties {
  return { '--hue': hueOf(userId) } as CSSProperties;
}

export function Avatar({ userId, username }: { userId: string; username: string }) {
  const initial = [...username.trim()][0]?.toUpperCase() ?? '?';
  return (
    <span className="avatar" style={hueStyle(userId)} aria-hidden="true">
      {initial}
    </span>
  );
}
