/* Signals are waited for, never handled asynchronously: an idle guard sleeps in one system call. */
#define _GNU_SOURCE
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#if GUARD_LINUX
#include <sys/prctl.h>
#endif

static sigset_t ours;

long long now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#if !GUARD_LINUX
static void never_runs(int n) { (void)n; }
#endif

void take_signals(void) {
  /* Everything but our own faults is blocked, so that no stray signal can end the guard and leave Apache alone. */
  sigfillset(&ours);
  const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(&ours, faults[i]);
  sigprocmask(SIG_SETMASK, &ours, NULL);
  for (int n = 1; n < NSIG; n++) {
#if GUARD_LINUX
    signal(n, SIG_DFL); /* an inherited SIG_IGN would lose the signal, and go on to the program */
#else
    /* BSD kernels drop blocked signals whose default is to be ignored (SIGCHLD) unless there is a handler. */
    signal(n, sigismember(&ours, n) == 1 ? never_runs : SIG_DFL);
#endif
  }
}

#if GUARD_LINUX

struct arrival wait_signal(long long timeout_ms) {
  siginfo_t info;
  struct timespec limit = {.tv_sec = timeout_ms / 1000, .tv_nsec = (timeout_ms % 1000) * 1000000};
  for (;;) {
    int n = timeout_ms < 0 ? sigwaitinfo(&ours, &info) : sigtimedwait(&ours, &info, &limit);
    if (n > 0) return (struct arrival){n, info.si_code == SI_KERNEL};
    if (errno == EINTR && timeout_ms < 0) continue; /* continued after a stop */
    return (struct arrival){0, false};
  }
}

int parent_died_signal(void) { return SIGRTMIN + 7; }
bool watch_parent(void) { return prctl(PR_SET_PDEATHSIG, parent_died_signal()) == 0; }

int has_handler(pid_t pid, int signal_number) {
  char path[32], text[4096];
  snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  if (got <= 0) return -1;
  text[got] = 0;
  const char *mask = strstr(text, "\nSigCgt:");
  if (!mask) return -1;
  return (strtoull(mask + 8, NULL, 16) >> (signal_number - 1)) & 1 ? 1 : 0;
}

#else

struct arrival wait_signal(long long timeout_ms) {
  if (timeout_ms == 0) timeout_ms = 1; /* a timer of zero would never ring */
  struct itimerval timer = {.it_value = {.tv_sec = timeout_ms / 1000, .tv_usec = (int)(timeout_ms % 1000) * 1000}}, off = {0};
  if (timeout_ms > 0) setitimer(ITIMER_REAL, &timer, NULL);
  int n = 0;
  if (sigwait(&ours, &n) != 0) n = 0;
  if (timeout_ms > 0) setitimer(ITIMER_REAL, &off, NULL);
  return (struct arrival){n == SIGALRM ? 0 : n, false}; /* a late alarm only wakes us once for nothing */
}

int parent_died_signal(void) { return 0; }
bool watch_parent(void) { return false; }
int has_handler(pid_t pid, int signal_number) {
  (void)pid;
  (void)signal_number;
  return -1;
}

#endif
