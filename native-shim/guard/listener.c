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

static bool finished(int fd, const struct sockaddr *to, socklen_t length) {
  if (connect(fd, to, length) == 0) return true;
  if (errno != EINPROGRESS) return false;
  struct pollfd waiting = {.fd = fd, .events = POLLOUT};
  int ready;
  do ready = poll(&waiting, 1, BUSY_MS);
  while (ready < 0 && errno == EINTR);
  int why = 0;
  socklen_t size = sizeof why;
  return ready == 0 || (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size) == 0 && why == 0);
}

union address {
  struct sockaddr any;
  struct sockaddr_in four;
  struct sockaddr_in6 six;
};

bool somebody_listens(struct port port) {
  union address to = {0}, from = {0};
  socklen_t size = port.six ? sizeof to.six : sizeof to.four;
  if (port.six) to.six = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port.number), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  else to.four = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port.number), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(to.any.sa_family, SOCK_STREAM, 0);
  if (fd < 0) return false;
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  bool taken = finished(fd, &to.any, size);
  /* Once in a great while the kernel gives us the very port we ask about, and we meet ourselves. Both kinds have the port at the same place. */
  if (taken && getsockname(fd, &from.any, &size) == 0 && from.four.sin_port == to.four.sin_port) taken = false;
  close(fd);
  return taken;
}
