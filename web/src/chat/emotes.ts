/** The emotes of `:name:`. What is not here stays text, and still counts as an emote in the numbers. */
export const EMOTES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    smile: '😄', grin: '😁', joy: '😂', wink: '😉', heart_eyes: '😍', cool: '😎', thinking: '🤔', shrug: '🤷', sob: '😭', angry: '😠',
    wow: '😮', sleepy: '😴', party: '🥳', wave: '👋', clap: '👏', pray: '🙏', thumbsup: '👍', thumbsdown: '👎', ok: '👌', muscle: '💪',
    heart: '❤️', broken_heart: '💔', fire: '🔥', star: '⭐', sparkles: '✨', tada: '🎉', rocket: '🚀', eyes: '👀', skull: '💀', clown: '🤡',
    cat: '🐱', dog: '🐶', coffee: '☕', pizza: '🍕', beer: '🍺', trophy: '🏆', hundred: '💯', question: '❓', warning: '⚠️', check: '✅',
  }),
);

/** Names that begin with what was typed. */
export function emotesLike(start: string, most: number): [string, string][] {
  const found: [string, string][] = [];
  for (const [name, emote] of EMOTES) {
    if (name.startsWith(start) && found.push([name, emote]) === most) break;
  }
  return found;
}
