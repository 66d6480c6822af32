/* What happened, one fact a line, for the supervisor to read; and lines for people. */
#define _GNU_SOURCE
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int file = -1;

/* Whole lines only, so that a reader never sees half a fact. A terminal that is gone or a full disk must not stop the guard. */
static void write_line(int fd, const char *prefix, const char *format, va_list args) {
  char line[8192]; /* the mark holds a path */
  size_t start = strlen(prefix);
  memcpy(line, prefix, start);
  int length = vsnprintf(line + start, sizeof line - start - 1, format, args);
  if (length < 0) return;
  size_t end = start + (size_t)length;
  if (end > sizeof line - 2) end = sizeof line - 2;
  line[end++] = '\n';
  ssize_t done;
  do done = write(fd, line, end);
  while (done < 0 && errno == EINTR);
}

bool status_open(const char *path) {
  int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
  if (fd < 0) return false;
  struct stat st;
  int why = 0;
  if (fstat(fd, &st) < 0) why = errno;
  else if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || st.st_uid != geteuid()) why = EPERM;
  /* For life: whoever finds it locked knows that there is still something to be waited for. A file system without locks is no reason to fail. */
  else if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) why = EBUSY;
  else if (fchmod(fd, 0600) < 0 || ftruncate(fd, 0) < 0) why = errno;
  if (why) {
    close(fd);
    errno = why;
    return false;
  }
  file = fd;
  atexit(status_close);
  return true;
}

void status_close(void) {
  if (file >= 0) close(file);
  file = -1;
}

void status_line(const char *format, ...) {
  if (file < 0) return;
  va_list args;
  va_start(args, format);
  write_line(file, "", format, args);
  va_end(args);
}

void say(const char *format, ...) {
  va_list args;
  va_start(args, format);
  write_line(STDERR_FILENO, "wsgideck-guard: ", format, args);
  va_end(args);
}
