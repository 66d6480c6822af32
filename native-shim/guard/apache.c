/*
 * What Apache does with a signal, and what it does not do.
 *
 * Apache's parent only notes a signal. It forgets a stop that comes between its decision to restart
 * and the end of the old configuration (os/unix/unixd.c: unset_signals), and with requests in
 * flight a hard restart spends up to 12 s there. In an orderly stop too it waits 9 s for the MPM
 * child of a request that its daemon does not finish, with the port open, because it tells the
 * daemons last.
 */
#define _GNU_SOURCE
#include "guard.h"

#if GUARD_LINUX

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
  CHILDREN = 1024,     /* more than an MPM starts unless told */
  FREEZE_TRIES = 50,   /* milliseconds that a process may take to stop */
};

/*
 * The children that have been told to stop: a service in the middle of its cleanup must not be told
 * again.
 */
static pid_t told[CHILDREN];
static size_t told_count;

/* Has it the four handlers that only a running Apache has. */
static bool is_apache(pid_t pid) {
  return has_handler(pid, SIGTERM) == 1 && has_handler(pid, SIGHUP) == 1 && has_handler(pid, SIGUSR1) == 1 && has_handler(pid, SIGWINCH) == 1;
}

pid_t find_apache(pid_t program) { return find_below(program, is_apache); }

/*
 * A daemon process of mod_wsgi has given up Apache's own signals; an MPM child keeps the handlers
 * of its parent.
 */
static bool is_daemon(pid_t pid) { return has_handler(pid, SIGTERM) == 1 && has_handler(pid, SIGWINCH) == 0; }

void stop_daemons(pid_t apache) {
  pid_t children[CHILDREN];
  size_t count = children_alike(apache, children, CHILDREN);
  for (size_t i = 0; i < count; i++) {
    bool known = false;
    kill(children[i], SIGCONT); /* one that was stopped could not obey */
    for (size_t j = 0; j < told_count && !known; j++) known = told[j] == children[i];
    if (known || !is_daemon(children[i])) continue;
    if (told_count < CHILDREN) told[told_count++] = children[i];
    kill(children[i], SIGTERM);
  }
}

void kill_children(pid_t apache) {
  pid_t children[CHILDREN];
  size_t count = children_alike(apache, children, CHILDREN);
  for (size_t i = 0; i < count; i++) kill(children[i], SIGKILL);
}

/* -DGUARD_NO_GETFD tests what is left where the kernel or a container refuses this call. */
#if defined(SYS_pidfd_open) && defined(SYS_pidfd_getfd) && !defined(GUARD_NO_GETFD)

static bool accepts_tcp(int fd) {
  int on = 0, domain = 0;
  socklen_t size = sizeof on;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &size) < 0 || !on) return false;
  size = sizeof domain;
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && (domain == AF_INET || domain == AF_INET6);
}

/*
 * How many sockets of a process accept TCP connections, -1 when we may not look. With `end`, none
 * does afterwards, in no process that shares them.
 */
static int listeners(pid_t pid, bool end) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
  int process = (int)syscall(SYS_pidfd_open, pid, 0);
  DIR *folder = process < 0 ? NULL : opendir(path);
  int found = folder ? 0 : -1;
  for (struct dirent *entry; folder && (entry = readdir(folder));) {
    struct stat st;
    if (entry->d_name[0] == '.' || fstatat(dirfd(folder), entry->d_name, &st, 0) < 0 || !S_ISSOCK(st.st_mode)) continue;
    int copy = (int)syscall(SYS_pidfd_getfd, process, atoi(entry->d_name), 0);
    if (copy < 0) {
      found = -1;
      break;
    }
    if (accepts_tcp(copy)) {
      found++;
      if (end) shutdown(copy, SHUT_RDWR);
    }
    close(copy);
  }
  if (folder) closedir(folder);
  if (process >= 0) close(process);
  return found;
}

#else

static int listeners(pid_t pid, bool end) {
  (void)pid;
  (void)end;
  return -1;
}

#endif

bool may_end_listening(pid_t apache) { return listeners(apache, false) >= 0; }
void end_listening(pid_t apache) { listeners(apache, true); }

static bool is_frozen(pid_t pid) {
  const struct timespec step = {.tv_nsec = 1000000};
  for (int i = 0; i < FREEZE_TRIES; i++) {
    if (state_of(pid) == 'T') return true;
    nanosleep(&step, NULL);
  }
  return false;
}

/*
 * A graceful stop must not be said twice to an Apache that obeys: after the second one requests
 * have 9 s at most. It obeys when it has closed its sockets, so look and signal while it stands
 * still.
 */
bool repeat_graceful(pid_t apache) {
  if (listeners(apache, false) <= 0) return false;
  kill(apache, SIGSTOP);
  bool deaf = is_frozen(apache) && listeners(apache, false) > 0;
  if (deaf) kill(apache, SIGWINCH);
  kill(apache, SIGCONT);
  return true;
}

#else

pid_t find_apache(pid_t program) {
  (void)program;
  return 0;
}

void stop_daemons(pid_t apache) { (void)apache; }
void kill_children(pid_t apache) { (void)apache; }
void end_listening(pid_t apache) { (void)apache; }

bool may_end_listening(pid_t apache) {
  (void)apache;
  return false;
}

bool repeat_graceful(pid_t apache) {
  (void)apache;
  return false;
}

#endif
