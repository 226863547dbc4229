/** Where one writes: the text, what it answers, how long it may be, why it was refused. */
import { useEffect, useImperativeHandle, useRef, useState, type KeyboardEvent, type Ref } from 'react';
import type { ConnectionState } from '../connection/connection';
import type { Draft } from '../store/outbox';
import type { MessageRow, Refusal } from '../store/rows';
import { Icon } from '../ui/icon';
import { sentence } from '../ui/sentence';
import { duration } from '../ui/time';
import { useNow } from '../ui/use-now';
import type { Person } from './actions';
import { emotesLike } from './emotes';
import { EmotePicker } from './emote-picker';
import { lengthOf } from './length';

const SUGGESTIONS = 6;
/** From this share of what is allowed on, the count is shown. */
const SHOW_COUNT_FROM = 0.8;

const PLACEHOLDERS: Readonly<Partial<Record<ConnectionState, string>>> = {
  connecting: 'Goes out once connected',
  reconnecting: 'Goes out once connected',
  offline: 'Goes out once connected',
  refused: 'Not let into this room',
};

export interface ComposerHandle {
  focus(): void;
  insert(text: string): void;
}

interface Props {
  room: string;
  state: ConnectionState;
  refusal: Refusal | null;
  longest: number;
  slowModeSeconds: number;
  replyTo: MessageRow | null;
  to: Person | null;
  onSend: (draft: Draft) => void;
  onCancel: () => void;
  onForgetRefusal: () => void;
  ref: Ref<ComposerHandle>;
}

export function Composer({ room, state, refusal, longest, slowModeSeconds, replyTo, to, onSend, onCancel, onForgetRefusal, ref }: Props) {
  const [content, setContent] = useState('');
  const [caret, setCaret] = useState(0);
  const field = useRef<HTMLTextAreaElement>(null);
  const length = lengthOf(content);
  const tooLong = length > longest;

  const insert = (text: string) => {
    const at = field.current?.selectionStart ?? content.length;
    const end = field.current?.selectionEnd ?? at;
    place(`${content.slice(0, at)}${text}${content.slice(end)}`, at + text.length);
  };
  const place = (text: string, at: number) => {
    setContent(text);
    setCaret(at);
    // The caret can only be set once the text is there.
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(at, at);
    });
  };
  useImperativeHandle(ref, () => ({ focus: () => field.current?.focus(), insert }));
  useEffect(() => {
    if (replyTo !== null || to !== null) field.current?.focus();
  }, [replyTo, to]);

  const typed = /(?:^|\s):([a-z0-9_]{2,32})$/.exec(content.slice(0, caret))?.[1];
  const suggestions = typed === undefined ? [] : emotesLike(typed, SUGGESTIONS);
  const complete = (name: string) => {
    const start = caret - (typed?.length ?? 0) - 1;
    place(`${content.slice(0, start)}:${name}: ${content.slice(caret)}`, start + name.length + 3);
  };

  const send = () => {
    if (length === 0 || tooLong) return;
    onSend({ content: content.trim(), replyTo: replyTo?.sequence ?? null, to: to?.userId ?? null });
    setContent('');
    setCaret(0);
    field.current?.focus();
  };
  const key = (event: KeyboardEvent) => {
    // Enter may belong to an input method that is composing a word.
    if (event.nativeEvent.isComposing) return;
    const first = suggestions[0];
    if (event.key === 'Tab' && first !== undefined && !event.shiftKey) {
      event.preventDefault();
      complete(first[0]);
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === 'Escape') {
      onCancel();
    }
  };

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {refusal !== null && <RefusalView refusal={refusal} onClose={onForgetRefusal} />}
      {(replyTo !== null || to !== null) && (
        <p className="context" data-private={to !== null}>
          <Icon name={to === null ? 'reply' : 'lock'} />
          <span>
            {to === null ? (
              <>
                Answering <b>{replyTo?.username}</b>: {replyTo?.content}
              </>
            ) : (
              <>
                Private, to <b>{to.username}</b>
              </>
            )}
          </span>
          <button type="button" className="icon-button" aria-label="Cancel" onClick={onCancel}>
            <Icon name="close" />
          </button>
        </p>
      )}
      {suggestions.length > 0 && (
        <ul className="suggestions" aria-label="Emotes">
          {suggestions.map(([name, emote], i) => (
            <li key={name}>
              <button type="button" onClick={() => complete(name)}>
                <span className="drawn">{emote}</span> :{name}:{i === 0 && <kbd>Tab</kbd>}
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className="composer-row">
        <EmotePicker onPick={(name) => insert(`:${name}: `)} />
        <div className="grow" data-content={`${content}\n`}>
          <textarea
            ref={field}
            id="composer"
            rows={1}
            value={content}
            aria-label={to === null ? `Message to ${room}` : `Private message to ${to.username}`}
            aria-describedby="composer-count"
            aria-invalid={tooLong}
            placeholder={PLACEHOLDERS[state] ?? (to === null ? `Say something in ${room}` : `Only ${to.username} sees this`)}
            disabled={state === 'refused'}
            onChange={(event) => {
              setContent(event.target.value);
              setCaret(event.target.selectionStart);
            }}
            onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
            onKeyDown={key}
          />
        </div>
        <button type="submit" className="primary send" aria-label="Send" disabled={length === 0 || tooLong}>
          <Icon name="send" />
        </button>
      </div>
      <p id="composer-count" className="composer-foot">
        {slowModeSeconds > 0 && <span>Slow mode: one message every {duration(slowModeSeconds * 1_000)}. </span>}
        {length >= longest * SHOW_COUNT_FROM && (
          <span className={tooLong ? 'wrong count-now' : 'count-now'}>
            {length.toLocaleString()} of {longest.toLocaleString()} characters{tooLong && `, ${(length - longest).toLocaleString()} too many`}
          </span>
        )}
      </p>
    </form>
  );
}

function RefusalView({ refusal, onClose }: { refusal: Refusal; onClose: () => void }) {
  const waits = refusal.retryAt !== null;
  const now = useNow(250, waits);
  const left = refusal.retryAt === null ? 0 : refusal.retryAt - now;
  return (
    <div className="refusal" role="alert">
      <p>
        {sentence(refusal.message)}
        {waits && (
          // The seconds are for the eye; read out, they would never end.
          <span aria-hidden="true"> {left > 0 ? `Again in ${duration(left)}.` : 'You can try again now.'}</span>
        )}
      </p>
      <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
        <Icon name="close" />
      </button>
    </div>
  );
}
