/** The door: a name, or where the server wants one a token. */
import { useId, useState, type FormEvent } from 'react';
import type { Config } from '../config';
import { LONGEST_NAME, type Identity } from '../session/identity';
import { Brand } from '../ui/brand';
import { keepName, keepToken, storedName } from './stored';

export function Entry({ config, onEnter }: { config: Config; onEnter: (me: Identity) => void }) {
  const needsToken = config.tokenRequired === true;
  const [withToken, setWithToken] = useState(needsToken);
  const [name, setName] = useState(storedName);
  const [token, setToken] = useState('');
  const [wrong, setWrong] = useState<string | null>(null);
  const field = useId();
  const hint = useId();

  const enter = (event: FormEvent) => {
    event.preventDefault();
    if (withToken) {
      const me = keepToken(token.trim());
      if (me === null) setWrong('This is not a token: it should be three parts, separated by dots.');
      else onEnter(me);
      return;
    }
    const chosen = name.trim();
    if (chosen === '' || [...chosen].length > LONGEST_NAME) setWrong(`A name has 1 to ${LONGEST_NAME} characters.`);
    else onEnter(keepName(chosen));
  };

  return (
    <main className="entry">
      <form className="entry-card" onSubmit={enter} noValidate>
        <Brand />
        <h1>{withToken ? 'Come in with your token' : 'What shall we call you?'}</h1>
        {withToken ? (
          <>
            <label htmlFor={field}>Token</label>
            <textarea
              id={field}
              value={token}
              onChange={(event) => setToken(event.target.value)}
              rows={4}
              spellCheck={false}
              autoComplete="off"
              aria-describedby={hint}
              aria-invalid={wrong !== null}
              required
            />
            <p id={hint} className="quiet">
              It stays in this tab. A link that ends in <code>#token=…</code> fills it in.
            </p>
          </>
        ) : (
          <>
            <label htmlFor={field}>Your name</label>
            <input
              id={field}
              value={name}
              onChange={(event) => setName(event.target.value)}
              autoComplete="nickname"
              aria-describedby={hint}
              aria-invalid={wrong !== null}
              required
            />
            <p id={hint} className="quiet">
              Everybody in the room sees it. There is no password.
            </p>
          </>
        )}
        <p role="alert" className="wrong">
          {wrong}
        </p>
        <button type="submit" className="primary">
          Enter
        </button>
        {!needsToken && (
          <button
            type="button"
            className="link"
            onClick={() => {
              setWrong(null);
              setWithToken(!withToken);
            }}
          >
            {withToken ? 'I have no token' : 'I have a token'}
          </button>
        )}
      </form>
    </main>
  );
}
