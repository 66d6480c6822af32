/*
 * Three calls that Node lacks, or has only with more. flock(2): only the kernel hands a lock on in one step, and takes it back when its
 * holder dies. _exit(2): Node's own exit waits for its threads, and one of them may stand in a write to a pipe that nobody reads.
 * isatty(3): Node's own brings its sockets with it, 2.5 ms before the launch.
 * Written against the C interface that Node keeps stable between versions (Node-API 8); the few declarations are here, so that
 * nothing but a C compiler is needed to build it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/file.h>
#include <unistd.h>

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env env, napi_callback_info info);

extern int napi_get_cb_info(napi_env env, napi_callback_info info, size_t *argc, napi_value *argv, napi_value *self, void **data);
extern int napi_get_value_int32(napi_env env, napi_value value, int32_t *result);
extern int napi_create_int32(napi_env env, int32_t value, napi_value *result);
extern int napi_create_function(napi_env env, const char *name, size_t length, napi_callback call, void *data, napi_value *result);
extern int napi_set_named_property(napi_env env, napi_value object, const char *name, napi_value value);

#define EXPORT __attribute__((visibility("default")))
EXPORT int32_t node_api_module_get_api_version_v1(void);
EXPORT napi_value napi_register_module_v1(napi_env env, napi_value exports);

/* flock(fd): takes the exclusive lock of an open file, without waiting. Returns 0, or the errno: EWOULDBLOCK when somebody has it. */
static napi_value take(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument = NULL, result = NULL;
  int32_t fd = -1, error = 0;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != 0 || count != 1 || napi_get_value_int32(env, argument, &fd) != 0)
    error = EINVAL;
  /* A descriptor that came from a parent is open to our own children too: none of them may keep the lock alive. */
  else if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) error = errno;
  else
    while (error = 0, flock(fd, LOCK_EX | LOCK_NB) < 0 && (error = errno) == EINTR) continue;
  napi_create_int32(env, error, &result);
  return result;
}

/* isatty(fd): 1 for a terminal, else 0. */
static napi_value terminal(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument = NULL, result = NULL;
  int32_t fd = -1;
  int answer = 0;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) == 0 && count == 1 && napi_get_value_int32(env, argument, &fd) == 0)
    answer = isatty(fd);
  napi_create_int32(env, answer, &result);
  return result;
}

/* exit(status): ends the process at once. */
static napi_value end(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument = NULL;
  int32_t status = 1;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) == 0 && count == 1) napi_get_value_int32(env, argument, &status);
  _exit(status & 0xff);
}

static void give(napi_env env, napi_value exports, const char *name, size_t length, napi_callback call) {
  napi_value function = NULL;
  if (napi_create_function(env, name, length, call, NULL, &function) == 0) napi_set_named_property(env, exports, name, function);
}

int32_t node_api_module_get_api_version_v1(void) { return 8; }

napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  give(env, exports, "flock", 5, take);
  give(env, exports, "isatty", 6, terminal);
  give(env, exports, "exit", 4, end);
  return exports;
}
