/** Requests that are answered by an `ack` or an `error` of the same nonce, and by nothing else. */
import type { Cancel, Surroundings } from '../connection/connection';
import type { Refusal } from '../store/rows';

const ANSWER_WITHIN_MS = 10_000;
const LATE: Refusal = { code: 'no_answer', message: 'No answer from the server.', retryAt: null };
const NOT_CONNECTED: Refusal = { code: 'offline', message: 'Not connected.', retryAt: null };

interface Command {
  resolve(): void;
  reject(refusal: Refusal): void;
  cancel: Cancel;
}

export class Commands {
  private readonly open = new Map<string, Command>();

  constructor(
    private readonly around: Pick<Surroundings, 'after'>,
    private readonly nonce: () => string,
  ) {}

  /** `transmit` says whether the frame went onto the wire. Rejects with a `Refusal`. */
  send(transmit: (nonce: string) => boolean): Promise<void> {
    const nonce = this.nonce();
    return new Promise((resolve, reject) => {
      const cancel = this.around.after(ANSWER_WITHIN_MS, () => this.failed(nonce, LATE));
      this.open.set(nonce, { resolve, reject, cancel });
      if (!transmit(nonce)) this.failed(nonce, NOT_CONNECTED);
    });
  }

  done(nonce: string | undefined): void {
    this.take(nonce)?.resolve();
  }

  /** Says whether it was one of these. */
  failed(nonce: string | undefined, refusal: Refusal): boolean {
    const command = this.take(nonce);
    command?.reject(refusal);
    return command !== undefined;
  }

  stop(): void {
    for (const { cancel } of this.open.values()) cancel();
  }

  private take(nonce: string | undefined): Command | undefined {
    const command = nonce === undefined ? undefined : this.open.get(nonce);
    if (command === undefined || nonce === undefined) return undefined;
    command.cancel();
    this.open.delete(nonce);
    return command;
  }
}
