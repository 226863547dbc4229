/** A message: with its author where a group begins, without where it goes on. */
import { memo } from 'react';
import type { MessageRow, PrivateRow } from '../store/rows';
import { Avatar, hueStyle } from '../ui/avatar';
import { Icon } from '../ui/icon';
import { clock, exact } from '../ui/time';
import { useChatActions } from './actions';
import { Text } from './text';
import { mentions } from './tokens';

/** `headed`: with its author. `lit`: somebody came here for it. */
export const MessageView = memo(function MessageView({ row, headed, lit }: { row: MessageRow; headed: boolean; lit: boolean }) {
  const actions = useChatActions();
  const { me, moderates } = actions;
  const own = row.userId === me.userId;
  const meant = !own && mentions(row.content, me.username, me.userId);
  return (
    // Focusable by touch, not by Tab: its buttons are in the order of Tab themselves.
    <article className="message" tabIndex={-1} data-headed={headed} data-own={own} data-meant={meant} data-lit={lit} aria-label={`${row.username}, ${clock(row.at)}`}>
      {row.replyTo !== null && <Answered sequence={row.replyTo} />}
      {headed ? <Head row={row} /> : <time className="margin-time" dateTime={new Date(row.at).toISOString()}>{clock(row.at)}</time>}
      {row.deleted ? <p className="body removed">This message was removed.</p> : (
        <p className="body">
          <Text content={row.content} />
        </p>
      )}
      {!row.deleted && (
        <div className="message-actions">
          <button type="button" className="icon-button" aria-label={`Reply to ${row.username}`} title="Reply" onClick={() => actions.reply(row)}>
            <Icon name="reply" />
          </button>
          {moderates && (
            <button type="button" className="icon-button" aria-label={`Remove the message of ${row.username}`} title="Remove" onClick={() => actions.remove(row.sequence)}>
              <Icon name="trash" />
            </button>
          )}
        </div>
      )}
    </article>
  );
});

/** Who sees it stands beside it: nobody should mistake a private message for a public one. */
export const PrivateView = memo(function PrivateView({ row }: { row: PrivateRow }) {
  const actions = useChatActions();
  const own = row.userId === actions.me.userId;
  return (
    <article className="message private" data-headed="true" aria-label={`Private: ${row.username}, ${clock(row.at)}`}>
      <Head row={row} />
      <p className="body">
        <Text content={row.content} />
      </p>
      <p className="note">
        <Icon name="lock" />
        Only {own ? actions.nameOf(row.to) : row.username} and you see this.
      </p>
    </article>
  );
});

function Head({ row }: { row: MessageRow | PrivateRow }) {
  const actions = useChatActions();
  return (
    <header className="head">
      <Avatar userId={row.userId} username={row.username} />
      <button type="button" className="name" style={hueStyle(row.userId)} onClick={() => actions.show(row)}>
        <bdi>{row.username}</bdi>
      </button>
      {row.role !== 'viewer' && (
        <span className="badge" data-role={row.role}>
          <Icon name={row.role === 'owner' ? 'star' : 'shield'} />
          {row.role}
        </span>
      )}
      <time dateTime={new Date(row.at).toISOString()} title={exact(row.at)}>
        {clock(row.at)}
      </time>
    </header>
  );
}

function Answered({ sequence }: { sequence: number }) {
  const actions = useChatActions();
  const answered = actions.message(sequence);
  return (
    <button type="button" className="answered" onClick={() => actions.jump(sequence)}>
      <Icon name="reply" />
      {answered === undefined ? (
        `Answers message ${sequence}`
      ) : (
        <>
          <b>{answered.username}</b> <span>{answered.deleted ? 'a removed message' : answered.content}</span>
        </>
      )}
    </button>
  );
}
