import {launchGuard, type GuardLaunch} from './guard.ts';
import type {Running} from './running.ts';

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
    signal: (signal) => void guard.signal(signal),
    kill: () => void guard.kill(),
    ended: new Promise((resolve) => {
      guard.onExit(async (end) => {
        if (end.needsSweep) await guard.sweep();
        resolve({exit: end.exit, clean: end.meaning.clean, text: end.meaning.text});
      });
    }),
  };
}
