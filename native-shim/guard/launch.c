/* Starting the program. */
#define _GNU_SOURCE
#include "guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

#if GUARD_LINUX
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

void close_inherited(void) {
#if GUARD_LINUX && defined(SYS_close_range)
  if (syscall(SYS_close_range, 3u, ~0u, 0u) == 0) return;
#endif
  struct rlimit limit;
  long highest = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 65536 ? (long)limit.rlim_cur : 65536;
  for (long fd = 3; fd < highest; fd++) close((int)fd);
}

/*
 * Whoever types at a debugger's prompt may press Ctrl-Z or Ctrl-\ out of habit: the first would stop the whole server with nobody to continue
 * it, the second end it in a way Apache does not know. Ctrl-C stays what it is.
 */
static void tame_keys(int tty) {
  struct termios modes;
  if (tcgetattr(tty, &modes) < 0) return;
  modes.c_cc[VSUSP] = _POSIX_VDISABLE;
  modes.c_cc[VQUIT] = _POSIX_VDISABLE;
#ifdef VDSUSP
  modes.c_cc[VDSUSP] = _POSIX_VDISABLE;
#endif
  tcsetattr(tty, TCSANOW, &modes);
}

/*
 * Outside debug mode nobody types. The kernel stops a background group that reads its terminal
 * (SIGTTIN): Apache, its daemons and every request with them. So the program gets a session without
 * a terminal, in which /dev/tty cannot be opened, and an empty standard input. Its standard output
 * and error stay the terminal; a read from them finds the end of the file at once.
 */
static void end_input(int tty) {
  struct termios modes;
  if (getsid(0) != getpid() || tcgetattr(tty, &modes) < 0) return; /* somebody else's terminal */
  modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
  modes.c_cc[VMIN] = 0;
  modes.c_cc[VTIME] = 0;
  tcsetattr(tty, TCSANOW, &modes);
}

static void leave_terminal(void) {
  setsid();
  int null = open("/dev/null", O_RDONLY);
  if (null > 0) {
    dup2(null, 0);
    close(null);
  }
}

/* In the child, between fork and exec. Only what is safe there. */
static void become_program(const struct options *o, int tty, int report, pid_t guard) {
  if (!o->foreground) leave_terminal();
  else {
    setpgid(0, 0);
    /* All signals are still blocked: a background group may change the terminal's group only with SIGTTOU out of the way. */
    if (tty >= 0) {
      tcsetpgrp(tty, getpid());
      tame_keys(tty);
    }
  }
#if GUARD_LINUX
  /* kill -9 of the guard: the kernel then tells Apache to stop. */
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != guard) _exit(EXIT_GUARD);
#else
  (void)guard;
#endif
#if !GUARD_LINUX
  for (int n = 1; n < NSIG; n++) signal(n, SIG_DFL); /* the do-nothing handlers of take_signals() */
#endif
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);

  char *path = o->program[0];
  if (o->argv0) o->program[0] = (char *)o->argv0;
  execvp(path, o->program);
  int why = errno;
  ssize_t done = write(report, &why, sizeof why);
  (void)done;
  _exit(why == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN);
}

pid_t launch(const struct options *o, int tty, int *error) {
  int report[2]; /* closed by a successful exec, otherwise it carries errno */
  if (pipe(report) < 0) return *error = errno, -1;
  fcntl(report[0], F_SETFD, FD_CLOEXEC);
  fcntl(report[1], F_SETFD, FD_CLOEXEC);
  if (!o->foreground && tty >= 0) end_input(tty);
  pid_t guard = getpid(), child = fork();
  if (child < 0) {
    *error = errno;
    close(report[0]);
    close(report[1]);
    return -1;
  }
  if (child == 0) become_program(o, tty, report[1], guard);
  close(report[1]);
  /* In both processes, because either may run first; fails harmlessly after exec. Not before
   * setsid(), which the leader of a group may not call. */
  if (o->foreground) setpgid(child, child);
  int why = 0;
  ssize_t got;
  do got = read(report[0], &why, sizeof why);
  while (got < 0 && errno == EINTR);
  close(report[0]);
  if (got == (ssize_t)sizeof why) return *error = why, -1; /* its zombie is reaped with the rest */
  return child;
}
