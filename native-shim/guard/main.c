/*
 * Stands between the supervisor's pty and Apache's parent process.
 * One loop waits for signals and children; whatever happens, this process ends only when nothing that it started is left.
 */
#define _GNU_SOURCE
#include "guard.h"

#include <errno.h>
#include <string.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#if GUARD_LINUX
#include <sys/prctl.h>
#endif

enum {
  HOLD_FOR_MS = 10000,  /* how long after the start a signal is held back for a program that cannot handle it yet */
  HOLD_STEP_MS = 20,
  FIRST_LOOK_MS = 150,  /* an idle Apache has ended by then */
  LOOK_MS = 150,        /* between two looks at an Apache that is being stopped */
  AGAIN_MS = 25,        /* between two signals to it: it must not start serving again after a restart */
  MARGIN_MS = 300,      /* for the end of a daemon whose own time is up */
  CALM_MS = 250,        /* after an orderly end, for those that are about to end by themselves */
  TERM_MS = 1000,       /* between SIGTERM and SIGKILL for those that Apache left behind */
  KILL_STEP_MS = 20,
  GIVE_UP_MS = 10000,   /* of killing: a process in uninterruptible sleep cannot be ended by anybody */
};

static struct {
  pid_t program, parent;
  int tty;            /* a descriptor of our controlling terminal, or -1 */
  long long grace_ms, started;
  long long deadline; /* when everything is killed, or -1 */
  long long cut_ms, cut; /* how long Apache's children have after a stop (-1: no limit), and until when, or -1 */
  long long look;     /* when to see whether Apache obeys, or -1 */
  long long again;    /* when to repeat the signal, or -1 */
  int asked;          /* the stop that it has been told, 0 for none: SIGWINCH is the graceful one */
  bool limited;       /* a graceful stop with the time limit of --cut */
  unsigned long long held; /* signals that wait for the program's handler, one bit each */
  bool ended, tty_gone, orphaned;
  int status;         /* of the program, once ended */
} g;

/* Our controlling terminal among 0, 1, 2: only that one tells its foreground group. */
static int find_tty(void) {
  for (int fd = 0; fd <= 2; fd++)
    if (tcgetpgrp(fd) >= 0) return fd;
  return -1;
}

static bool tty_is_gone(void) {
  struct termios t;
  return g.tty >= 0 && tcgetattr(g.tty, &t) < 0 && (errno == EIO || errno == ENXIO || errno == ENOTTY);
}

/* Collects everybody who has ended. Returns false when there are no children any more. */
static bool reap(void) {
  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid == 0) return true;
    if (pid < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    if (pid != g.program) continue;
    g.ended = true;
    g.status = status;
  }
}

/* Never after the program has been reaped: from then on its pid may be somebody else's. */
static void send_program(int number) {
  if (!g.ended) kill(g.program, number);
}

static void begin_deadline(void) {
  long long end = now_ms() + g.grace_ms;
  if (g.deadline < 0 || end < g.deadline) g.deadline = end;
}

static void begin_looking(int number) {
  if (g.asked == 0 || g.asked == SIGWINCH) g.asked = number;
  long long at = now_ms() + FIRST_LOOK_MS;
  if (g.look < 0 || at < g.look) g.look = at;
}

static void stop(int number) {
  g.held = 0;
  send_program(number);
  send_program(SIGCONT); /* one that was stopped could not obey */
  begin_deadline();
  /* After a graceful stop with a limit the daemons have had their time. */
  if (g.cut_ms >= 0 && g.cut < 0) g.cut = now_ms() + FIRST_LOOK_MS + g.cut_ms + MARGIN_MS;
  begin_looking(number);
}

static const char *name_of(int number) {
  switch (number) {
    case SIGINT: return "INT";
    case SIGTERM: return "TERM";
    case SIGQUIT: return "QUIT";
    case SIGHUP: return "HUP";
    case SIGUSR1: return "USR1";
    case SIGWINCH: return "WINCH";
    default: return "?";
  }
}

/*
 * A restart or graceful stop that comes before Apache has set up its handlers would kill it (HUP, USR1) or be lost (WINCH):
 * hold it until then, though not for ever, because PROGRAM may be one that handles none of them.
 */
static void pass_on(int number) {
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
 * Apache's parent is still there: see that it obeys. It may have lost the stop, which is said again; an immediate one also closes its ports and stops its
 * daemons, for which it would wait with its ports open.
 */
static void insist(void) {
  pid_t apache = g.ended ? 0 : find_apache(g.program);
  long long now = now_ms();
  g.look = now + LOOK_MS;
  if (g.asked == SIGWINCH) {
    if (apache && g.limited) stop_daemons(apache);
    /* Held back is what the program itself is to be told; behind a launcher nobody has told Apache yet. */
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

static void stop_gracefully(bool limited) {
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

static void hang_up(void) {
  if (g.tty_gone) return;
  g.tty_gone = true;
  status_line("hangup");
  stop(SIGTERM);
}

static void check_parent(void) {
  if (g.orphaned || getppid() == g.parent) return;
  g.orphaned = true;
  status_line("parent-died");
  stop(SIGTERM);
}

static void on_signal(struct arrival a) {
  if (a.number == SIGHUP && (a.from_kernel || tty_is_gone())) return hang_up();
  switch (a.number) {
    case SIGINT:
    case SIGTERM:
    case SIGQUIT: /* Ctrl-\ on the terminal; Apache's own answer to it is undefined */
      status_line("asked %s", name_of(a.number));
      return stop(a.number == SIGQUIT ? SIGTERM : a.number);
    case SIGHUP:
    case SIGUSR1:
      status_line("asked %s", name_of(a.number));
      return pass_on(a.number);
    case SIGUSR2: /* the one way in which WINCH reaches Apache */
      status_line("asked graceful-stop");
      return stop_gracefully(false);
    case SIGXCPU:
      status_line("asked graceful-stop");
      return stop_gracefully(true);
    default: return; /* WINCH above all */
  }
}

static long long until_next(void) {
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

/* Waits until no child is left, at most `ms`. True when none is. */
static bool gone_within(long long ms) {
  for (long long end = now_ms() + ms;;) {
    if (!reap()) return true;
    long long left = end - now_ms();
    if (left <= 0) return false;
    wait_signal(left);
  }
}

/* Again and again, because they may fork while they are being killed; Apache's parent first, it would replace the others. */
static void kill_everybody(void) {
  for (long long end = now_ms() + GIVE_UP_MS; now_ms() < end;) {
    send_program(SIGKILL);
    signal_family(SIGKILL, g.program);
    if (gone_within(KILL_STEP_MS)) return;
  }
  pid_t left[16];
  size_t count = list_family(left, sizeof left / sizeof *left);
  for (size_t i = 0; i < count && i < sizeof left / sizeof *left; i++) {
    status_line("left-behind %ld", (long)left[i]);
    say("process %ld cannot be killed and is left behind", (long)left[i]);
  }
}

/* The program has ended: whoever it left behind must go too. */
static void end_family(bool orderly) {
  if (!reap()) return;
  if (orderly && gone_within(CALM_MS)) return;
  size_t left = signal_family(SIGTERM, g.program);
  if (left) status_line("orphans %zu", left);
  if (gone_within(TERM_MS)) return;
  kill_everybody();
}

static int end_alike(void) {
  if (WIFEXITED(g.status)) {
    status_line("exited %d", WEXITSTATUS(g.status));
    return WEXITSTATUS(g.status);
  }
  int number = WTERMSIG(g.status);
  status_line("signalled %d", number);
  status_close(); /* a signal runs no exit handler */
  /* Die of the same signal, but leave no core: it would be of the wrong process and might overwrite the right one. */
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
#if GUARD_LINUX
  prctl(PR_SET_DUMPABLE, 0);
#endif
  signal(number, SIG_DFL);
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, number);
  kill(getpid(), number);
  sigprocmask(SIG_UNBLOCK, &one, NULL);
  return 128 + number;
}

int main(int argc, char **argv) {
  struct options o;
  int done = options_parse(argc, argv, &o);
  if (done >= 0) return done;

  take_signals();
  close_inherited();
  if (o.status && !status_open(o.status)) {
    say("cannot write the status file %s: %s", o.status, strerror(errno));
    return EXIT_GUARD;
  }
  status_line("guard %ld", (long)getpid());
  /* By these whoever comes after a kill -9 of all of us knows what is left. */
  const char *mark = getenv("WSGIDECK_GUARD");
  if (mark) status_line("mark %llu %s", start_of(getpid()), mark);
  g.parent = o.parent ? o.parent : getppid();
  g.grace_ms = (long long)(o.grace * 1000);
  g.cut_ms = o.cut < 0 ? -1 : (long long)(o.cut * 1000);
  g.deadline = g.cut = g.look = g.again = -1;
  g.tty = find_tty();
  adopt_orphans();
  watch_parent();
  if (getppid() != g.parent) {
    status_line("parent-died");
    say("the process that started this is gone; nothing was started");
    return EXIT_GUARD;
  }

  for (size_t i = 0; i < o.port_count; i++) {
    if (!somebody_listens(o.ports[i])) continue;
    status_line("cannot-run port %u is in use", (unsigned)o.ports[i].number);
    say("port %u is in use; nothing was started", (unsigned)o.ports[i].number);
    return EXIT_CANNOT_RUN;
  }

  int error = 0;
  g.started = now_ms();
  g.program = launch(&o, g.tty, &error);
  if (g.program < 0) {
    status_line("cannot-run %s", strerror(error));
    say("cannot run %s: %s", o.program[0], strerror(error));
    while (waitpid(-1, NULL, 0) > 0) continue;
    return error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
  }
  status_line("started %ld %llu", (long)g.program, start_of(g.program));

  bool killed = false;
  while (reap(), !g.ended && !killed) {
    struct arrival a = wait_signal(until_next());
    reap(); /* before anything is sent: see send_program() */
    if (a.number) on_signal(a);
    check_parent();
    if (g.held) pass_on_held();
    if (g.look >= 0 && !g.ended && now_ms() >= g.look) insist();
    else if (g.again >= 0 && now_ms() >= g.again) say_again();
    if (g.deadline >= 0 && !g.ended && now_ms() >= g.deadline) {
      status_line("killed-after-grace");
      kill_everybody();
      killed = true;
    }
  }
  if (!killed) end_family(WIFEXITED(g.status));
  if (o.foreground && g.tty >= 0) tcsetpgrp(g.tty, getpgrp());
  if (!g.ended) return EXIT_GUARD; /* it could not be killed: said above */
  return end_alike();
}
