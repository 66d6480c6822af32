/** When a request is long enough for a look at its stack. Pure. */

/** Seconds: the first look; with a time limit under twice that, when half of it is over. With the samples the verdict is there before ten are over. */
const FIRST = 5;
const AGAIN = 30;
const SLOWER = 4;
/** The last look before mod_wsgi acts, in seconds: three samples take 1.4. */
const LAST = 3;
/** With all threads of a process busy every request of this age is worth it: the next one has to wait. */
const CROWDED = 2;

export interface Age {
  /** Seconds that the request runs, and had run when it was last looked at (null: never). */
  age: number;
  lookedAt: number | null;
  /** Seconds until mod_wsgi gives up on it; null where it never does. */
  left: number | null;
  /** No thread of its process is free. */
  crowded: boolean;
  /** Of a stream: the age in seconds at which it will have been silent for too long. */
  overdueAt?: number | null;
}

/**
 * Is a look due: after 5 s, or when half of the time limit is over; again after 30 s, 2 min,
 * 8 min…; when a stream has been silent for too long; and a last time 3 s before mod_wsgi gives up.
 */
export function lookDue({age, lookedAt, left, crowded, overdueAt = null}: Age): boolean {
  const since = lookedAt ?? -1;
  const passed = (mark: number) => since < mark && mark <= age;
  if (crowded && lookedAt === null && age >= CROWDED) return true;
  if (overdueAt !== null && passed(overdueAt)) return true;
  if (left === null) return passed(FIRST) || later(passed, age);
  const total = age + left;
  const first = Math.min(FIRST, total / 2);
  const last = total - LAST;
  return passed(first) || later(passed, age) || (last > first + LAST && passed(last));
}

function later(passed: (mark: number) => boolean, age: number): boolean {
  for (let mark = AGAIN; mark <= age; mark *= SLOWER) if (passed(mark)) return true;
  return false;
}
