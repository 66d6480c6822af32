/** A recording that is played: where it stands, and what it holds. Absent on a live server. */
export interface ReplayState {
  file: string;
  /** Times of the recording, milliseconds since the epoch. */
  from: number;
  to: number;
  /** The moment that is shown. */
  at: number;
  paused: boolean;
  /** 1 is as fast as it happened. */
  speed: number;
  /** Incidents in it, by time, to jump to. */
  incidents: {id: string; at: number; title: string}[];
}

export const REPLAY_SPEEDS = [0.25, 0.5, 1, 2, 5, 10, 60] as const;
