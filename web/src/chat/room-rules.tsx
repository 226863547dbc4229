/** What a moderator can ask of every message in the room: its length, its news, its words. */
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useSurrounding } from '../app/context';
import type { RoomChange, RoomSettings } from '../protocol/types';
import { sentence } from '../ui/sentence';

const LONGEST = 1_000;

export function RoomRules({ settings, onChanged }: { settings: RoomSettings; onChanged: () => void }) {
  const { api } = useSurrounding();
  const [longest, setLongest] = useState(String(settings.maxContentLength));
  const [refuses, setRefuses] = useState(settings.refuseRepetition);
  const [terms, setTerms] = useState((settings.blockedTerms ?? []).join('\n'));
  const change = useMutation({
    mutationFn: (body: RoomChange) => api.put<RoomSettings>(`/api/rooms/${encodeURIComponent(settings.roomId)}`, body),
    onSuccess: onChanged,
  });
  const save = (event: FormEvent) => {
    event.preventDefault();
    const blockedTerms = terms.split('\n').map((term) => term.trim()).filter((term) => term !== '');
    change.mutate({ maxContentLength: Number(longest), refuseRepetition: refuses, blockedTerms });
  };
  return (
    <form className="stack rules" onSubmit={save}>
      <label htmlFor="longest">Longest message, in characters</label>
      <input id="longest" type="number" min={1} max={LONGEST} step={1} required value={longest} onChange={(event) => setLongest(event.target.value)} />
      <label className="check">
        <input type="checkbox" checked={refuses} onChange={(event) => setRefuses(event.target.checked)} />
        Refuse what somebody has just said
      </label>
      <label htmlFor="terms">Blocked words, one a line</label>
      <textarea id="terms" rows={3} value={terms} onChange={(event) => setTerms(event.target.value)} spellCheck={false} />
      <button type="submit" disabled={change.isPending}>
        Save the rules
      </button>
      <p role="status" className={change.isError ? 'wrong' : 'said'}>
        {change.isError ? sentence(change.error.message) : change.isSuccess ? 'The rules are saved.' : null}
      </p>
    </form>
  );
}
