/** A message's text, with its links, emotes and mentions. */
import { Fragment, useMemo } from 'react';
import { tokens } from './tokens';

export function Text({ content }: { content: string }) {
  const pieces = useMemo(() => tokens(content), [content]);
  const only = pieces.every((piece) => piece.kind === 'emote' || (piece.kind === 'text' && piece.text.trim() === ''));
  return (
    <span className={only && pieces.length < 8 ? 'text big' : 'text'} dir="auto">
      {pieces.map((piece, i) => {
        switch (piece.kind) {
          case 'text':
            return <Fragment key={i}>{piece.text}</Fragment>;
          case 'link':
            return (
              <a key={i} href={piece.href} target="_blank" rel="noopener noreferrer nofollow ugc">
                {piece.text}
              </a>
            );
          case 'emote':
            return (
              <span key={i} role="img" aria-label={piece.text.slice(1, -1)} title={piece.text}>
                {piece.emote}
              </span>
            );
          case 'mention':
            return (
              <b key={i} className="mention">
                {piece.text}
              </b>
            );
        }
      })}
    </span>
  );
}
