/* The command line. */
#define _GNU_SOURCE
#include "guard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef GUARD_VERSION
#define GUARD_VERSION "unknown"
#endif

static void print_help(void) {
  puts("usage: wsgideck-guard [options] -- PROGRAM ARGUMENT...\n"
       "\n"
       "Runs PROGRAM (Apache in the foreground) in a session without a terminal, standard input empty, and sees to\n"
       "it that it is neither stopped by accident nor left behind. Ends with the status, or by the signal, that PROGRAM ended with.\n"
       "\n"
       "  --grace SECONDS   time to stop before everything is killed (default 10)\n"
       "  --cut SECONDS     of these, for the children of a PROGRAM that is Apache; they are killed first (default: all)\n"
       "  --status FILE     write what happens to FILE, one fact a line (mode 0600, never through a link)\n"
       "  --argv0 NAME      name that PROGRAM sees as its own\n"
       "  --parent PID      stop at once unless PID is the parent (closes the gap before its death can be noticed)\n"
       "  --port PORT       start nothing while somebody listens on that port of 127.0.0.1 (up to 8 times)\n"
       "  --port6 PORT      the same of ::1\n"
       "  --foreground      give the terminal to PROGRAM, for an interactive debugger\n"
       "  --lent            the same until the terminal hangs up, which does not stop PROGRAM then\n"
       "  --init            only be process 1 for PROGRAM: pass on all signals, collect orphans, end with its status\n"
       "  --stay            with --init: also as long as what PROGRAM has left running\n"
       "  --capabilities    what this platform can and cannot do\n"
       "  --version, --help\n"
       "\n"
       "signals   INT TERM HUP USR1   passed on to PROGRAM; INT and TERM start the grace time\n"
       "                              Apache, which may lose them, is told until it has ended, its ports are closed, its daemons stopped\n"
       "          QUIT                the same as TERM\n"
       "          WINCH               swallowed (it would make Apache stop)\n"
       "          USR2                graceful stop: PROGRAM gets WINCH; no time limit\n"
       "          XCPU                graceful stop within the time of --cut: Apache's daemons get TERM as well\n"
       "hang-up of the terminal or death of the parent: PROGRAM gets TERM, and the grace time starts.\n"
       "\n"
       "status    125 the guard itself failed, 126 PROGRAM cannot be run, 127 PROGRAM not found");
}

static void print_capabilities(void) {
#if GUARD_LINUX
  puts("platform: linux\n"
       "death of the parent: noticed at once\n"
       "death of the guard: PROGRAM is sent SIGTERM by the kernel\n"
       "hang-up or requested HUP: told apart by origin and by the terminal\n"
       "orphaned descendants: adopted and ended, whatever group or session they are in\n"
       "signals before PROGRAM can handle them: held back");
#else
  puts("platform: portable subset\n"
       "death of the parent: noticed only through the hang-up of the terminal it held\n"
       "death of the guard: not possible here, PROGRAM lives on\n"
       "hang-up or requested HUP: told apart by the terminal only\n"
       "orphaned descendants: ended only while they are in PROGRAM's process group\n"
       "signals before PROGRAM can handle them: not possible here, passed on at once");
#endif
}

static int usage(const char *what, const char *value) {
  say("%s%s%s; see wsgideck-guard --help", what, value ? ": " : "", value ? value : "");
  return EXIT_GUARD;
}

static bool parse_seconds(const char *text, double *seconds) {
  char *end;
  errno = 0;
  double value = strtod(text, &end);
  if (errno || end == text || *end || !(value >= 0 && value <= 86400)) return false;
  *seconds = value;
  return true;
}

static bool parse_pid(const char *text, pid_t *pid) {
  char *end;
  errno = 0;
  long value = strtol(text, &end, 10);
  if (errno || end == text || *end || value < 1 || value > 0x7fffffff) return false;
  *pid = (pid_t)value;
  return true;
}

static bool add_port(const char *text, bool six, struct options *o) {
  char *end;
  errno = 0;
  long value = strtol(text, &end, 10);
  if (errno || end == text || *end || value < 1 || value > 65535 || o->port_count == MAX_PORTS) return false;
  o->ports[o->port_count++] = (struct port){.number = (unsigned short)value, .six = six};
  return true;
}

int options_parse(int argc, char **argv, struct options *o) {
  *o = (struct options){.grace = 10, .cut = -1};
  int i = 1;
  for (; i < argc; i++) {
    const char *name = argv[i];
    if (strcmp(name, "--") == 0) {
      i++;
      break;
    }
    if (strcmp(name, "--help") == 0) return print_help(), 0;
    if (strcmp(name, "--version") == 0) return puts("wsgideck-guard " GUARD_VERSION), 0;
    if (strcmp(name, "--capabilities") == 0) return print_capabilities(), 0;
    if (strcmp(name, "--foreground") == 0) {
      o->foreground = true;
      continue;
    }
    if (strcmp(name, "--lent") == 0) {
      o->foreground = o->lent = true;
      continue;
    }
    if (strcmp(name, "--init") == 0 || strcmp(name, "--stay") == 0) {
      o->init = true;
      o->stay = o->stay || name[2] == 's';
      continue;
    }
    if (name[0] != '-') return usage("PROGRAM must follow --", name);
    bool grace = strcmp(name, "--grace") == 0, cut = strcmp(name, "--cut") == 0, status = strcmp(name, "--status") == 0;
    bool argv0 = strcmp(name, "--argv0") == 0, parent = strcmp(name, "--parent") == 0;
    bool six = strcmp(name, "--port6") == 0, port = six || strcmp(name, "--port") == 0;
    if (!grace && !cut && !status && !argv0 && !parent && !port) return usage("unknown option", name);
    if (++i >= argc) return usage("a value must follow", name);
    if (grace && !parse_seconds(argv[i], &o->grace)) return usage("--grace takes seconds from 0 to 86400, not", argv[i]);
    if (cut && !parse_seconds(argv[i], &o->cut)) return usage("--cut takes seconds from 0 to 86400, not", argv[i]);
    if (parent && !parse_pid(argv[i], &o->parent)) return usage("--parent takes a process id, not", argv[i]);
    if (port && !add_port(argv[i], six, o)) return usage("a port is a number from 1 to 65535, there are at most 8, not", argv[i]);
    if (status) o->status = argv[i];
    if (argv0) o->argv0 = argv[i];
  }
  if (i >= argc) return usage("no PROGRAM given", NULL);
  o->program = argv + i;
  return -1;
}
