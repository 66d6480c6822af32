/* Is a port of this machine taken. */
#define _GNU_SOURCE
#include "guard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUSY_MS = 500 }; /* somebody who listens and has no room for us: as good as an answer */

static bool finished(int fd, const struct sockaddr_in *to) {
  if (connect(fd, (const struct sockaddr *)to, sizeof *to) == 0) return true;
  if (errno != EINPROGRESS) return false;
  struct pollfd waiting = {.fd = fd, .events = POLLOUT};
  int ready;
  do ready = poll(&waiting, 1, BUSY_MS);
  while (ready < 0 && errno == EINTR);
  int why = 0;
  socklen_t size = sizeof why;
  return ready == 0 || (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size) == 0 && why == 0);
}

bool somebody_listens(unsigned port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)}, from = {0};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) return false;
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  bool taken = finished(fd, &to);
  /* Once in a great while the kernel gives us the very port we ask about, and we meet ourselves. */
  socklen_t size = sizeof from;
  if (taken && getsockname(fd, (struct sockaddr *)&from, &size) == 0 && from.sin_port == to.sin_port) taken = false;
  close(fd);
  return taken;
}
