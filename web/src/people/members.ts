/** Who is in a room, page by page: as many as a list can show. */
import type { Api } from '../http/api';
import type { Member, MemberPage } from '../protocol/types';

const PAGE = 200;
const MOST_PAGES = 5;

export interface MemberList {
  readonly members: readonly Member[];
  /** Whether there are more than are listed. */
  readonly more: boolean;
}

export async function readMembers(api: Api, room: string, signal: AbortSignal): Promise<MemberList> {
  const members: Member[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const page = await api.get<MemberPage>(`/api/rooms/${encodeURIComponent(room)}/members`, { limit: PAGE, after }, signal);
    members.push(...page.members);
    if (page.next === null || page.next === undefined) return { members, more: false };
    after = page.next;
  }
  return { members, more: true };
}
