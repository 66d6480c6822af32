/* The end of the program, and of everybody it leaves behind. */
#define _GNU_SOURCE
#include "guard.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if GUARD_LINUX
#include <sys/prctl.h>
#endif

enum {
  CALM_MS = 250,        /* after an orderly end, for those that are about to end by themselves */
  TERM_MS = 1000,       /* between SIGTERM and SIGKILL for those that Apache left behind */
  KILL_STEP_MS = 20,
  GIVE_UP_MS = 10000,   /* of killing: a process in uninterruptible sleep cannot be ended by anybody */
};

bool reap(void) {
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

void send_program(int number) {
  if (!g.ended) kill(g.program, number);
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

void kill_everybody(void) {
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

void end_family(bool orderly) {
  if (!reap()) return;
  if (orderly && gone_within(CALM_MS)) return;
  size_t left = signal_family(SIGTERM, g.program);
  if (left) status_line("orphans %zu", left);
  if (gone_within(TERM_MS)) return;
  kill_everybody();
}

int end_alike(void) {
  if (WIFEXITED(g.status)) {
    status_line("exited %d", WEXITSTATUS(g.status));
    return WEXITSTATUS(g.status);
  }
  int number = WTERMSIG(g.status);
  status_line("signalled %d", number);
  status_close(); /* a signal runs no exit handler */
  /*
   * Die of the same signal, but leave no core: it would be of the wrong process and might overwrite
   * the right one.
   */
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
