import {constants} from 'node:os';
import {nativeAsset} from './assets.ts';

interface Native {
  /** 0, or the system's error number. */
  flock(fd: number): number;
  /** 1 or 0. */
  isatty(fd: number): number;
  exit(status: number): never;
}

const {EWOULDBLOCK, ENOLCK, ENOSYS, EOPNOTSUPP, EINVAL} = constants.errno;
const WITHOUT_LOCKS = new Set([ENOLCK, ENOSYS, EOPNOTSUPP, EINVAL]);
let native: Native | undefined;

/** A small module in C (native-shim/syscalls). Loaded when it is first needed; that takes 0.1 ms. */
function load(): Native {
  const module: {exports: Partial<Native>} = {exports: {}};
  process.dlopen(module, nativeAsset('wsgideck-syscalls.node'));
  return module.exports as Native;
}

/**
 * flock(2), which Node has not: takes the exclusive lock of an open file, and keeps it until the descriptor is closed: by us, or by the kernel when we die. Children do not get it.
 * @returns `busy` when somebody has it, `none` where the file system (or the installation) has no such locks.
 * @throws Error for what should not happen, such as a closed descriptor.
 */
export function flock(fd: number): 'taken' | 'busy' | 'none' {
  try {
    native ??= load();
  } catch {
    return 'none';
  }
  const error = native.flock(fd);
  if (error === 0) return 'taken';
  if (error === EWOULDBLOCK) return 'busy';
  if (WITHOUT_LOCKS.has(error)) return 'none';
  throw new Error(`the lock of a file cannot be asked for: error ${error}`);
}

/** Is this descriptor a terminal. Node's own function brings its sockets with it: 2.5 ms, which no launch has to wait for. */
export function isatty(fd: number): boolean {
  try {
    native ??= load();
    return native.isatty(fd) === 1;
  } catch {
    return process.getBuiltinModule('node:tty').isatty(fd);
  }
}

/** Ends this process at once; a thread of Node's that stands in a write is not waited for. */
export function exitAtOnce(status: number): void {
  try {
    native ??= load();
    native.exit(status);
  } catch {
    process.kill(process.pid, 'SIGKILL');
  }
}
