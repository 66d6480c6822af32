import {readFileSync} from 'node:fs';
import {launchGuard, type GuardHandle, type GuardLaunch} from './guard.ts';
import type {InteractivePty, Running} from './running.ts';

/**
 * Starts Apache under a guard.
 * @param onOutput what Apache prints on its pty: start-up messages, before its logs are open.
 */
export function runApache(launch: GuardLaunch, onOutput: (chunk: Buffer) => void): Running {
  const guard = launchGuard(launch);
  guard.onOutput(onOutput);
  return {
    guardPid: guard.guardPid,
    apachePid: () => guard.apachePid(),
    started: () => guard.started(),
    signal: (signal) => void guard.signal(signal),
    kill: () => void guard.kill(),
    ...(launch.foreground ? {pty: interactivePty(guard)} : {}),
    ended: new Promise((resolve) => {
      guard.onExit(async (end) => {
        if (end.needsSweep) await guard.sweep();
        const fatal = end.meaning.clean && end.verdict.asked.length === 0 && pidFileLeft(launch, guard.apachePid());
        resolve({exit: end.exit, ...(fatal ? FATAL : end.meaning)});
      });
    }),
  };
}

/** A child that cannot serve (it has no right to change its user, say) makes Apache end, with status 0 as well. */
const FATAL = {clean: false, text: 'Apache ended because one of its processes could not serve; the error log says why'};

/** Apache removes its pid file when it is told to stop, but not after a fatal error of a child. With one process only, it never removes it. */
function pidFileLeft({pidFile, foreground}: GuardLaunch, apachePid: number | null): boolean {
  if (pidFile === undefined || foreground || apachePid === null) return false;
  try {
    return Number(readFileSync(pidFile.path, 'latin1').trim()) === apachePid;
  } catch {
    return false;
  }
}

/** Bytes kept of what comes before somebody listens: a start-up error or a first prompt, not a flood. */
const EARLY = 64 * 1024;

function interactivePty(guard: GuardHandle): InteractivePty {
  let early: Buffer[] | null = [];
  let listener: ((chunk: Buffer) => void) | null = null;
  let size = 0;
  guard.onOutput((chunk) => {
    if (listener) return listener(chunk);
    size += chunk.length;
    if (size <= EARLY) early?.push(chunk);
  });
  return {
    onOutput(next) {
      listener = next;
      for (const chunk of early ?? []) next(chunk);
      early = null;
    },
    write: (data) => guard.write(data),
    resize: (cols, rows) => guard.resize(cols, rows),
  };
}
