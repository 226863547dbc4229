/** What can be done with messages and people from within the list. */
import { createContext, useContext } from 'react';
import type { MessageRow } from '../store/rows';

export interface Person {
  readonly userId: string;
  readonly username: string;
}

export interface ChatActions {
  /** Whose page this is. */
  readonly me: Person;
  readonly moderates: boolean;
  reply(message: MessageRow): void;
  show(person: Person): void;
  jump(sequence: number): void;
  remove(sequence: number): void;
  retry(nonce: string): void;
  discard(nonce: string): void;
  /** What a user was called when this page last heard of them; their id where it never did. */
  nameOf(userId: string): string;
  /** The message that is answered, if it is known. */
  message(sequence: number): MessageRow | undefined;
}

export const ChatActionsContext = createContext<ChatActions | null>(null);

export function useChatActions(): ChatActions {
  const actions = useContext(ChatActionsContext);
  if (actions === null) throw new Error('used outside of ChatActionsContext');
  return actions;
}
