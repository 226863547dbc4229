/** A message's text in pieces: plain, links, emotes, mentions. Nothing in it is ever HTML. */
import { EMOTES } from './emotes';

export type Token =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string }
  | { readonly kind: 'emote'; readonly text: string; readonly emote: string }
  | { readonly kind: 'mention'; readonly text: string };

/** A link, an emote, or an `@name`; each begins where no word is going on. */
const PIECES = /(?<![\w])https?:\/\/[^\s<>"`]+|:([a-z0-9_+-]{1,32}):|(?<![\w@])@([\p{L}\p{N}_.-]{1,50})/giu;
/** Belongs to the sentence around a link, not to the link. */
const TRAILING = /[.,;:!?'"]+$/;

export function tokens(content: string): Token[] {
  const found: Token[] = [];
  let from = 0;
  const plain = (to: number) => {
    if (to > from) found.push({ kind: 'text', text: content.slice(from, to) });
  };
  for (const match of content.matchAll(PIECES)) {
    const token = read(match);
    if (token === null) continue;
    plain(match.index);
    found.push(token);
    from = match.index + token.text.length;
  }
  plain(content.length);
  return found;
}

function read(match: RegExpMatchArray): Token | null {
  const [text, emoteName, mention] = match;
  if (emoteName !== undefined) {
    const emote = EMOTES.get(emoteName.toLowerCase());
    return emote === undefined ? null : { kind: 'emote', text, emote };
  }
  if (mention !== undefined) return { kind: 'mention', text };
  return link(text);
}

function link(written: string): Token | null {
  let text = written.replace(TRAILING, '');
  // A closing bracket belongs to the link only if it was opened there.
  while (text.endsWith(')') && !text.includes('(')) text = text.slice(0, -1).replace(TRAILING, '');
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  // A name before the host is how links lie about where they go.
  const safe = (url.protocol === 'http:' || url.protocol === 'https:') && url.username === '' && url.password === '' && url.host !== '';
  return safe ? { kind: 'link', text, href: url.href } : null;
}

/** Whether somebody is meant: `@name`, in any case. */
export function mentions(content: string, username: string, userId: string): boolean {
  if (!content.includes('@')) return false;
  const names = new Set([username.toLowerCase(), userId.toLowerCase(), username.toLowerCase().replaceAll(' ', '')]);
  return tokens(content).some((token) => token.kind === 'mention' && names.has(token.text.slice(1).toLowerCase()));
}
