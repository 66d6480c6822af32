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
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

struct guard g;

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

static void hang_up(void) {
  if (g.tty_gone) return;
  g.tty_gone = true;
  if (g.lent) return status_line("terminal-back");
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
  bool asked = g.lent && g.tty_gone; /* nothing is left to hang up */
  if (a.number == SIGHUP && !asked && (a.from_kernel || tty_is_gone())) return hang_up();
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

int main(int argc, char **argv) {
  struct options o;
  int done = options_parse(argc, argv, &o);
  if (done >= 0) return done;
  if (o.init) return run_as_init(&o);

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
  g.lent = o.lent;
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
    follow_up();
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
