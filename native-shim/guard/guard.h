/* wsgideck-guard: owns the life of one Apache. What its few files share. */
#ifndef GUARD_H
#define GUARD_H

#if defined(__linux__) && !defined(GUARD_PORTABLE)
#define GUARD_LINUX 1
#else
#define GUARD_LINUX 0 /* macOS, and -DGUARD_PORTABLE which tests that subset on Linux */
#endif

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Exit statuses of the guard itself, the same as those of env(1) and timeout(1). */
enum { EXIT_GUARD = 125, EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127 };

/* ---- options.c ---- */
enum { MAX_PORTS = 8 };
struct port {
  unsigned short number;
  bool six; /* of ::1, not 127.0.0.1 */
};
struct options {
  double grace;       /* seconds between a demand to stop and SIGKILL */
  double cut;         /* seconds that Apache's children have of them, negative when they have all */
  const char *status; /* file for the story of this run, or NULL */
  const char *argv0;  /* name under which the program runs, or NULL for its path */
  pid_t parent;       /* who must be our parent, or 0 when not told */
  bool foreground;    /* give the terminal to the program (debugger) */
  bool lent;          /* the same until the terminal hangs up: PROGRAM runs without it from then on */
  struct port ports[MAX_PORTS]; /* nothing is started while somebody listens there */
  size_t port_count;
  bool init, stay;    /* be process 1 for the program; and for what it leaves running */
  char **program;     /* program and arguments, NULL-terminated */
};
/* Fills `o`. Returns -1 to go on, otherwise the status to exit with (help, version and usage errors are printed). */
int options_parse(int argc, char **argv, struct options *o);

/* ---- main.c ---- */
/* All that a guard keeps in mind. Times are of now_ms(). */
struct guard {
  pid_t program, parent;
  int tty;            /* a descriptor of our controlling terminal, or -1 */
  long long grace_ms, started;
  long long deadline; /* when everything is killed, or -1 */
  long long cut_ms, cut; /* how long Apache's children have after a stop (-1: no limit), and until when, or -1 */
  long long look;     /* when to see whether Apache obeys, or -1 */
  long long again;    /* when to repeat the signal, or -1 */
  int asked;          /* the stop that it has been told, 0 for none: SIGWINCH is the graceful one */
  bool limited;       /* a graceful stop with the time limit of --cut */
  unsigned long long held; /* signals that wait for the program's handler, one bit each */
  bool ended, lent, tty_gone, orphaned;
  int status;         /* of the program, once ended */
};
extern struct guard g;

/* ---- stop.c ---- */
/* Has Apache stopped: at once, or (stop_gracefully) when its requests have finished, limited to the time of --cut. Both see that it obeys. */
void stop(int number);
void stop_gracefully(bool limited);
/* Hands a signal to the program as soon as it can handle it. */
void pass_on(int number);
/* Does what is due by now. */
void follow_up(void);
/* Milliseconds until something is due, negative when nothing is. */
long long until_next(void);

/* ---- end.c ---- */
/* Collects everybody who has ended. Returns false when there are no children any more. */
bool reap(void);
/* Never signals after the program has been reaped: from then on its pid may be somebody else's. */
void send_program(int number);
/* Again and again, because they may fork while they are being killed; Apache's parent first, it would replace the others. */
void kill_everybody(void);
/* The program has ended: whoever it left behind must go too. */
void end_family(bool orderly);
/* Ends as the program ended: by the same signal, or with the status that this returns. */
int end_alike(void);

/* ---- launch.c ---- */
/* Closes every descriptor above 2, so that neither the program nor an unnoticed copy of a pty master outlives its owner. */
void close_inherited(void);
/* Starts the program in a session without a terminal; with --foreground, in the terminal's
 * foreground group. Its pid is its group's. Returns it, or -1 with *error set to the errno. */
pid_t launch(const struct options *o, int tty, int *error);

/* ---- listener.c ---- */
/* Does anybody accept connections to this port of 127.0.0.1 (or ::1). */
bool somebody_listens(struct port port);

/* ---- wait.c ---- */
struct arrival {
  int number;       /* 0: the time was up */
  bool from_kernel; /* the kernel itself raised it; always false where the platform cannot tell */
};
long long now_ms(void); /* monotonic */
/* Blocks all signals the guard lives on, and gives every signal its default action again. */
void take_signals(void);
/* Sleeps until a signal comes or `timeout_ms` has passed (negative: without limit). */
struct arrival wait_signal(long long timeout_ms);
/* Sends SIG_PARENT_DIED when the parent dies. False where the platform cannot. */
bool watch_parent(void);
int parent_died_signal(void);
/* Would the process act on this signal with a handler of its own? 1 yes, 0 no, -1 not known here. */
int has_handler(pid_t pid, int signal_number);

/* ---- family.c ---- */
/* When a process started, in clock ticks since boot: tells it from a later one with the same pid. 0 where not known. */
unsigned long long start_of(pid_t pid);
/* Orphaned descendants become our children. False where the platform cannot. */
bool adopt_orphans(void);
/* Sends a signal to every living descendant; returns how many. Without /proc: to the process group `group`. */
size_t signal_family(int signal_number, pid_t group);
/* Writes up to `room` pids of living descendants; returns how many there are. */
size_t list_family(pid_t *pids, size_t room);
/* The state letter of a process (T: stopped), 0 when it is gone. */
char state_of(pid_t pid);
/* Writes up to `room` pids of living children that run the same program as their parent; returns how many it has written. */
size_t children_alike(pid_t parent, pid_t *pids, size_t room);
/* The first process for which `is` holds, from `top` down to its descendants; 0 when there is none. */
pid_t find_below(pid_t top, bool (*is)(pid_t pid));

/* Writes up to `room` pids of our own living children; returns how many it has written. */
size_t list_children(pid_t *pids, size_t room);

/* ---- init.c ---- */
/* Runs the program as its init: passes signals on, collects orphans. Returns the status to end with, 128 + N for a program that signal N has ended. */
int run_as_init(const struct options *o);

/* ---- apache.c ---- */
/* Apache's parent: the program itself or, behind a launcher, a descendant of it. 0 when none runs (yet), or the platform cannot tell. */
pid_t find_apache(pid_t program);
/* Tells each daemon process of mod_wsgi once to stop: it finishes its requests within its own shutdown timeout. */
void stop_daemons(pid_t apache);
/* Kills MPM children and daemons. */
void kill_children(pid_t apache);
/* Closes the ports, also for those that share their sockets. Does nothing where we may not. */
void end_listening(pid_t apache);
/* May we: an old kernel, or a container's rules (pidfd_getfd), can be against it. */
bool may_end_listening(pid_t apache);
/* Says the graceful stop again if Apache has not obeyed. False when it has, or we may not look. */
bool repeat_graceful(pid_t apache);

/* ---- status.c ---- */
/* Opens (creates, empties) the file, 0600, never through a symbolic link. False with errno set. */
bool status_open(const char *path);
void status_close(void);
__attribute__((format(printf, 1, 2))) void status_line(const char *format, ...);
/* One line for people on standard error. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

#endif
