/*
 * Process 1 of a container: the kernel gives it every orphan, and drops the signals for which it
 * has no handler. Node can do neither job, so it runs below us.
 */
#define _GNU_SOURCE
#include "guard.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  LAST_MS = 1000, /* for what is left when the program has ended */
};

static pid_t start(char **program) {
  pid_t child = fork();
  if (child != 0) return child;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execvp(program[0], program);
  say("cannot run %s: %s", program[0], strerror(errno));
  _exit(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN);
}

/* Reaps every child that has ended; false when no child is left. Notes how `program` ended. */
static bool collect(pid_t program, bool *ended, int *status) {
  for (;;) {
    int how;
    pid_t pid = waitpid(-1, &how, WNOHANG);
    if (pid == 0) return true;
    if (pid < 0 && errno == EINTR) continue;
    if (pid < 0) return false;
    if (pid != program) continue;
    *ended = true;
    *status = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
  }
}

/*
 * The terminal has told its whole foreground group, and the program is in ours. A hang-up it tells
 * its session's leader only: that is us.
 */
static bool was_told(struct arrival a) { return a.from_kernel && a.number != SIGHUP; }

static void tell_children(int number) {
  pid_t pids[64];
  size_t count = list_children(pids, sizeof pids / sizeof *pids);
  for (size_t i = 0; i < count; i++) kill(pids[i], number);
}

int run_as_init(const struct options *o) {
  take_signals();
  int status = EXIT_GUARD, asked = 0;
  bool ended = false;
  pid_t program = start(o->program);
  if (program < 0) return say("cannot run %s: %s", o->program[0], strerror(errno)), EXIT_GUARD;
  while (collect(program, &ended, &status)) {
    if (ended && !o->stay) break;
    /* The signal came when the program had already put its server in the background: it ended by it, or was about to end anyway. */
    if (ended && asked != 0 && (status == 0 || status == 128 + asked)) {
      status = 0;
      tell_children(asked);
      asked = 0;
    }
    if (ended && status != 0) break;
    struct arrival a = wait_signal(-1);
    if (a.number == 0 || a.number == SIGCHLD || was_told(a)) continue;
    if (ended) tell_children(a.number);
    else {
      kill(program, a.number); /* not reaped yet: the number is still its own */
      asked = a.number;
    }
  }
  if (getpid() != 1) return status;
  /* What is left would be killed by our end. */
  kill(-1, SIGTERM);
  for (long long end = now_ms() + LAST_MS; collect(program, &ended, &status) && now_ms() < end;) wait_signal(end - now_ms());
  return status;
}
