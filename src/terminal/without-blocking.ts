import fs from 'node:fs';

/**
 * Opens a terminal or pipe a second time, without blocking: the flag then is ours alone and not that of everybody who shares the descriptor (the shell).
 * Where that is not possible (another user's after `su`, a socket), the descriptor stays as it is: a write to it may stand in Node's thread pool.
 */
export function openWithoutBlocking(fd: number): {fd: number; own: boolean} {
  try {
    const {O_WRONLY, O_NONBLOCK, O_NOCTTY} = fs.constants;
    return {fd: fs.openSync(`/dev/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY), own: true};
  } catch {
    return {fd, own: false};
  }
}
