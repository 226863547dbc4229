/**
 * Holes in a room's log: each is asked for until it is filled, or until the server has long called it final.
 */
import type { Interval } from '../store/intervals';
import type { RoomLog } from '../store/room-log';

/** Frames overtake each other; most holes close by themselves. */
const PATIENCE_MS = 150;
const RETRY_MS = 1_000;
/** The server calls a hole final after two seconds. */
const FINAL_MS = 4_000;
/** Holes larger than this are filled when somebody looks at them. */
const SMALL = 1_000;

interface Room {
  readonly log: RoomLog;
  /** Milliseconds since 1970. */
  now(): number;
  after(ms: number, run: () => void): void;
  /** Reads what follows a sequence into the log. */
  readAfter(sequence: number): Promise<unknown>;
  changed(): void;
  isStopped(): boolean;
}

export class HoleFiller {
  private filling = false;
  /** When each was first seen, by where it begins. */
  private readonly seen = new Map<number, number>();

  constructor(private readonly room: Room) {}

  /** Begins, unless there is none or it is at it already. */
  fill(): void {
    if (this.filling || this.next() === undefined) return;
    this.filling = true;
    void this.round(PATIENCE_MS)
      // A page that cannot be had now is asked for with the next frame or connection.
      .catch(() => undefined)
      .finally(() => {
        this.filling = false;
      });
  }

  private async round(wait: number): Promise<void> {
    const { room } = this;
    await new Promise<void>((resolve) => room.after(wait, resolve));
    const hole = this.next();
    if (hole === undefined || room.isStopped()) return;
    const now = room.now();
    const seen = this.seen.get(hole.low) ?? now;
    this.seen.set(hole.low, seen);
    await room.readAfter(hole.low - 1);
    const same = this.next();
    const stuck = same?.low === hole.low && same.high === hole.high;
    if (stuck && now - seen >= FINAL_MS) {
      room.log.close(hole);
      this.seen.delete(hole.low);
    }
    room.changed();
    await this.round(stuck ? RETRY_MS : PATIENCE_MS);
  }

  private next(): Interval | undefined {
    return this.room.log.holes.find((hole) => hole.high - hole.low < SMALL);
  }
}
