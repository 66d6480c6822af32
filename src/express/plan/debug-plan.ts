import {join, resolve} from 'node:path';
import type {Host} from '../host.ts';
import type {StartOptions} from '../parse.ts';

/** What is done with the one process of debug mode. Directories are absolute; null switches the thing off. */
export interface DebugPlan {
  debugger: boolean;
  debuggerStartup: boolean;
  profilerDirectory: string | null;
  coverageDirectory: string | null;
  recorderDirectory: string | null;
  /** The gdb that Apache runs under. */
  gdb: string | null;
}

/** Any of the tools asks for debug mode. Null without one of them and without --debug-mode. */
export function debugPlan(options: StartOptions, host: Host, root: string): DebugPlan | null {
  const {debugMode, enableDebugger, enableProfiler, enableCoverage, enableRecorder, enableGdb} = options;
  if (![debugMode, enableDebugger, enableProfiler, enableCoverage, enableRecorder, enableGdb].includes(true)) return null;
  const folder = (on: boolean, given: string | null, name: string) =>
    on ? (given === null ? join(root, name) : resolve(host.cwd, given)) : null;
  return {
    debugger: enableDebugger,
    debuggerStartup: options.debuggerStartup,
    profilerDirectory: folder(enableProfiler, options.profilerDirectory, 'pstats'),
    coverageDirectory: folder(enableCoverage, options.coverageDirectory, 'htmlcov'),
    recorderDirectory: folder(enableRecorder, options.recorderDirectory, 'archive'),
    gdb: enableGdb ? options.gdbExecutable : null,
  };
}
