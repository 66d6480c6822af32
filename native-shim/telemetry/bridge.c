/*
 * wsgideck-telemetry: reads mod_wsgi's telemetry datagrams and writes them to its standard output, each after its length (4 bytes, little-endian).
 *
 * Why a program of its own: Node has no datagram sockets of the unix kind. And it must always read: the socket of the sender blocks, so a reader that
 * stops would hold up the reporter thread of each process, and with it the end of the server. What the supervisor does not take in time is dropped here.
 *
 * Ends when its standard input ends: whoever started it holds the other end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Longest datagram that is passed on; those of version 1 have about 3 KB. */
enum { LARGEST = 64 * 1024, KEPT = 512 * 1024, RECEIVE_BUFFER = 2 * 1024 * 1024 };

static unsigned char kept[KEPT];
static size_t used;
static const char *path;

static int fail(const char *what) {
  fprintf(stderr, "wsgideck-telemetry: %s: %s\n", what, strerror(errno));
  return 1;
}

/* Bound with no rights for anybody, then given to the user of the daemon processes: they need to write to it. */
static int listen_at(const char *owner, const char *group) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(address.sun_path, path);
  int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (sock < 0) return -1;
  int size = RECEIVE_BUFFER;
  setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  unlink(path);
  mode_t mask = umask(0777);
  int bound = bind(sock, (struct sockaddr *)&address, sizeof address);
  umask(mask);
  if (bound < 0) return -1;
  if (owner && lchown(path, (uid_t)strtoul(owner, NULL, 10), (gid_t)strtoul(group, NULL, 10)) < 0) return -1;
  return chmod(path, 0600) < 0 ? -1 : sock;
}

/* Keeps a datagram for the supervisor, whole or not at all. */
static void keep(const unsigned char *data, size_t size) {
  if (used + 4 + size > KEPT) return;
  for (int byte = 0; byte < 4; byte++) kept[used + byte] = (unsigned char)(size >> (8 * byte));
  memcpy(kept + used + 4, data, size);
  used += 4 + size;
}

static void receive(int sock) {
  static unsigned char datagram[LARGEST];
  ssize_t size;
  while ((size = recv(sock, datagram, sizeof datagram, MSG_TRUNC)) > 0)
    if ((size_t)size <= sizeof datagram) keep(datagram, (size_t)size);
}

/* Returns false when nobody reads any more. */
static int pass_on(void) {
  ssize_t written = write(STDOUT_FILENO, kept, used);
  if (written < 0) return errno == EAGAIN || errno == EINTR;
  used -= (size_t)written;
  memmove(kept, kept + written, used);
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 2 && argc != 4) {
    fputs("usage: wsgideck-telemetry SOCKET [UID GID]\n", stderr);
    return 2;
  }
  path = argv[1];
  /* A Ctrl-C at the terminal is the supervisor's business. */
  signal(SIGINT, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  int sock = listen_at(argc == 4 ? argv[2] : NULL, argc == 4 ? argv[3] : NULL);
  if (sock < 0) return fail(path);
  fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
  for (;;) {
    struct pollfd wait[] = {{sock, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}, {used > 0 ? STDOUT_FILENO : -1, POLLOUT, 0}};
    if (poll(wait, 3, -1) < 0 && errno != EINTR) break;
    if (wait[0].revents) receive(sock);
    if (wait[1].revents) {
      char ignored[64];
      if (read(STDIN_FILENO, ignored, sizeof ignored) == 0) break;
    }
    if (used > 0 && !pass_on()) break;
  }
  unlink(path);
  return 0;
}
