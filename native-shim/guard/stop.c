/* Stopping Apache, and seeing that it obeys. */
#define _GNU_SOURCE
#include "guard.h"

enum {
  HOLD_FOR_MS = 10000,  /* how long after the start a signal is held back for a program that cannot handle it yet */
  HOLD_STEP_MS = 20,
  CLOSE_MS = 100,       /* for Apache to close its ports itself */
  FIRST_LOOK_MS = 150,  /* an idle Apache has ended by then */
  LOOK_MS = 150,        /* between two looks at an Apache that is being stopped */
  AGAIN_MS = 25,        /* between two signals to it: it must not start serving again after a restart */
  MARGIN_MS = 300,      /* for the end of a daemon whose own time is up */
};

static void begin_deadline(void) {
  long long end = now_ms() + g.grace_ms;
  if (g.deadline < 0 || end < g.deadline) g.deadline = end;
}

static void begin_looking(int number) {
  if (g.asked == 0 || g.asked == SIGWINCH) g.asked = number;
  long long at = now_ms() + FIRST_LOOK_MS;
  if (g.look < 0 || at < g.look) g.look = at;
}

void stop(int number) {
  g.held = 0;
  pid_t apache = g.ended || g.asked != 0 ? 0 : find_apache(g.program);
  if (apache == g.program && apache && !may_end_listening(apache)) {
    /* It closes its ports itself for a graceful stop; the immediate one follows. */
    send_program(SIGWINCH);
    g.again = now_ms() + CLOSE_MS;
  } else {
    send_program(number);
  }
  send_program(SIGCONT); /* one that was stopped could not obey */
  begin_deadline();
  /* After a graceful stop with a limit the daemons have had their time. */
  if (g.cut_ms >= 0 && g.cut < 0) g.cut = now_ms() + FIRST_LOOK_MS + g.cut_ms + MARGIN_MS;
  begin_looking(number);
}

/*
 * A restart or graceful stop that comes before Apache has set up its handlers would kill it (HUP,
 * USR1) or be lost (WINCH): hold it until then, though not for ever, because PROGRAM may be one
 * that handles none of them.
 */
void pass_on(int number) {
  bool early = now_ms() - g.started < HOLD_FOR_MS;
  if (early && has_handler(g.program, number) == 0) {
    g.held |= 1ull << number;
    return;
  }
  g.held &= ~(1ull << number);
  send_program(number);
}

static void pass_on_held(void) {
  for (int n = 1; n < 64; n++)
    if (g.held >> n & 1) pass_on(n);
}

/*
 * Apache's parent is still there: see that it obeys. It may have lost the stop, which is said
 * again; an immediate one also closes its ports and stops its daemons, for which it would wait with
 * its ports open.
 */
static void insist(void) {
  pid_t apache = g.ended ? 0 : find_apache(g.program);
  long long now = now_ms();
  g.look = now + LOOK_MS;
  if (g.asked == SIGWINCH) {
    if (apache && g.limited) stop_daemons(apache);
    /* A signal is held back for the program only; behind a launcher, Apache has not had it yet. */
    if (apache && (apache != g.program || !g.held) && !repeat_graceful(apache)) g.look = g.limited ? g.cut : -1;
    if (g.limited && now >= g.cut) {
      stop(SIGTERM);
      g.cut = now;
    }
    return;
  }
  g.again = apache == g.program ? now + AGAIN_MS : -1;
  if (!apache) return;
  kill(apache, g.asked);
  end_listening(apache);
  stop_daemons(apache);
  if (g.cut >= 0 && now >= g.cut) kill_children(apache);
}

static void say_again(void) {
  send_program(g.asked);
  g.again = now_ms() + AGAIN_MS;
}

void stop_gracefully(bool limited) {
  if (g.asked == 0) pass_on(SIGWINCH);
  else if (g.asked != SIGWINCH) return;
  send_program(SIGCONT); /* one that was stopped could not obey */
  /* Otherwise it has been told: a second WINCH would leave the requests 9 s at most. */
  if (limited && !g.limited) {
    g.limited = true;
    g.cut = now_ms() + FIRST_LOOK_MS + (g.cut_ms < 0 ? g.grace_ms : g.cut_ms) + MARGIN_MS;
  }
  begin_looking(SIGWINCH);
}

void follow_up(void) {
  if (g.held) pass_on_held();
  if (g.ended) return;
  if (g.look >= 0 && now_ms() >= g.look) insist();
  else if (g.again >= 0 && now_ms() >= g.again) say_again();
}

long long until_next(void) {
  long long left = -1, next = g.deadline;
  if (g.look >= 0 && (next < 0 || g.look < next)) next = g.look;
  if (g.again >= 0 && (next < 0 || g.again < next)) next = g.again;
  if (next >= 0) {
    left = next - now_ms();
    if (left < 0) left = 0;
  }
  if (g.held && (left < 0 || left > HOLD_STEP_MS)) left = HOLD_STEP_MS;
  return left;
}
