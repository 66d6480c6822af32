/* Everybody who descends from us. As sub-reaper we are the ancestor of all of them, whatever group, session or user they changed to. */
#define _GNU_SOURCE
#include "guard.h"

#if GUARD_LINUX

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

struct process {
  pid_t pid, parent;
  bool dead;   /* a zombie */
  bool family; /* descends from us */
  char name[16]; /* of its program, as the kernel cuts it */
};

bool adopt_orphans(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1) == 0; }

/* Fields 3 and later of /proc/PID/stat, or NULL. The name in field 2 may hold anything, so count from its last bracket. */
static const char *read_stat(const char *pid, char *text, size_t size) {
  char path[32];
  int length = snprintf(path, sizeof path, "/proc/%.10s/stat", pid);
  if (length < 0 || (size_t)length >= sizeof path) return NULL;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NULL;
  ssize_t got = read(fd, text, size - 1);
  close(fd);
  if (got <= 0) return NULL;
  text[got] = 0;
  const char *bracket = strrchr(text, ')');
  return bracket ? bracket + 1 : NULL;
}

unsigned long long start_of(pid_t pid) {
  char name[16], text[512];
  unsigned long long start = 0;
  snprintf(name, sizeof name, "%ld", (long)pid);
  const char *after = read_stat(name, text, sizeof text);
  if (!after || sscanf(after, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu", &start) != 1) return 0;
  return start;
}

static bool read_process(const char *name, struct process *p) {
  char text[512], state;
  int parent;
  const char *after = read_stat(name, text, sizeof text);
  if (!after || sscanf(after, " %c %d", &state, &parent) != 2) return false;
  *p = (struct process){.pid = (pid_t)atol(name), .parent = parent, .dead = state == 'Z' || state == 'X'};
  const char *program = strchr(text, '(');
  size_t length = program ? (size_t)(after - program) - 2 : 0;
  if (length >= sizeof p->name) length = sizeof p->name - 1;
  if (program) memcpy(p->name, program + 1, length);
  return true;
}

char state_of(pid_t pid) {
  char name[16], text[512], state;
  snprintf(name, sizeof name, "%ld", (long)pid);
  const char *after = read_stat(name, text, sizeof text);
  return after && sscanf(after, " %c", &state) == 1 ? state : 0;
}

static size_t read_processes(struct process **all) {
  size_t count = 0, room = 0;
  *all = NULL;
  DIR *proc = opendir("/proc");
  if (!proc) return 0;
  for (struct dirent *entry; (entry = readdir(proc));) {
    if (!isdigit((unsigned char)entry->d_name[0])) continue;
    if (count == room) {
      room = room ? room * 2 : 256;
      struct process *more = realloc(*all, room * sizeof **all);
      if (!more) break;
      *all = more;
    }
    if (read_process(entry->d_name, *all + count)) count++;
  }
  closedir(proc);
  return count;
}

/* Calls `each` for every descendant; returns how many of them live. */
static size_t for_family(void (*each)(pid_t pid, void *arg), void *arg) {
  struct process *all;
  size_t count = read_processes(&all), living = 0;
  pid_t self = getpid();
  for (bool found = true; found;) {
    found = false;
    for (size_t i = 0; i < count; i++) {
      if (all[i].family) continue;
      bool ours = all[i].parent == self;
      for (size_t j = 0; j < count && !ours; j++) ours = all[j].family && all[j].pid == all[i].parent;
      if (ours) all[i].family = found = true;
    }
  }
  for (size_t i = 0; i < count; i++) {
    if (!all[i].family) continue;
    /* Zombies too: one whose first thread alone has ended looks the same and still runs. */
    each(all[i].pid, arg);
    if (!all[i].dead) living++;
  }
  free(all);
  return living;
}

static void send(pid_t pid, void *signal_number) { kill(pid, *(int *)signal_number); }

size_t signal_family(int signal_number, pid_t group) {
  (void)group;
  return for_family(send, &signal_number);
}

struct list {
  pid_t *pids;
  size_t room, count;
};

static void note(pid_t pid, void *arg) {
  struct list *list = arg;
  if (list->count < list->room) list->pids[list->count++] = pid;
}

size_t list_family(pid_t *pids, size_t room) {
  struct list list = {pids, room, 0};
  return for_family(note, &list);
}

size_t children_alike(pid_t parent, pid_t *pids, size_t room) {
  struct process *all;
  size_t count = read_processes(&all), written = 0;
  const char *name = NULL;
  for (size_t i = 0; i < count && !name; i++)
    if (all[i].pid == parent) name = all[i].name;
  for (size_t i = 0; name && i < count && written < room; i++)
    if (all[i].parent == parent && !all[i].dead && strcmp(all[i].name, name) == 0) pids[written++] = all[i].pid;
  free(all);
  return written;
}

size_t list_children(pid_t *pids, size_t room) {
  struct process *all;
  size_t count = read_processes(&all), written = 0;
  for (size_t i = 0; i < count && written < room; i++)
    if (all[i].parent == getpid() && !all[i].dead) pids[written++] = all[i].pid;
  free(all);
  return written;
}

pid_t find_below(pid_t top, bool (*is)(pid_t pid)) {
  if (is(top)) return top;
  struct process *all;
  size_t count = read_processes(&all);
  pid_t found = 0;
  for (size_t i = 0; i < count; i++)
    if (all[i].pid == top) all[i].family = true;
  for (bool more = true; more && !found;) {
    more = false;
    for (size_t i = 0; i < count && !found; i++) {
      if (all[i].family) continue;
      for (size_t j = 0; j < count && !all[i].family; j++) all[i].family = all[j].family && all[j].pid == all[i].parent;
      if (!all[i].family) continue;
      more = true;
      if (!all[i].dead && is(all[i].pid)) found = all[i].pid;
    }
  }
  free(all);
  return found;
}

#else

bool adopt_orphans(void) { return false; }

unsigned long long start_of(pid_t pid) {
  (void)pid;
  return 0;
}

size_t signal_family(int signal_number, pid_t group) { return kill(-group, signal_number) == 0 ? 1 : 0; }

size_t list_children(pid_t *pids, size_t room) {
  (void)pids;
  (void)room;
  return 0;
}

size_t list_family(pid_t *pids, size_t room) {
  (void)pids;
  (void)room;
  return 0;
}

#endif
