/**
 * mod_wsgi's own stack dump -> stacks. The same in 4.9 and 6.x once the `mod_wsgi (pid=N): ` in front is gone: one line a frame,
 * innermost first, the outermost ends with a full stop. A stack of one frame has only the `Thread` line.
 */
import type {Frame, ThreadStack} from '../../model/stacks.ts';

const HEADER = /^Dumping stack trace for /;
const THREAD = /^Thread (\d+) executing file "(.*)", line (\d+), in (.*)$/;
const CALLER = /^called from file "(.*)", line (\d+), in (.*)([,.])$/;

export type DumpLine = 'header' | 'thread' | 'caller' | 'outermost';

/** What part of a dump a line is (without the 4.x prefix), or null. */
export function dumpLineKind(text: string): DumpLine | null {
  if (text.startsWith('Thread ')) return THREAD.test(text) ? 'thread' : null;
  if (text.startsWith('called from ')) return CALLER.test(text) ? (text.endsWith('.') ? 'outermost' : 'caller') : null;
  return HEADER.test(text) ? 'header' : null;
}

/** The stacks of a dump's lines (`more` of a folded entry), in the order written. Lines that are no part of it are passed over. */
export function parseStackDump(lines: readonly string[]): ThreadStack[] {
  const stacks: ThreadStack[] = [];
  for (const line of lines) {
    const thread = THREAD.exec(line);
    if (thread) {
      stacks.push({ident: thread[1]!, frames: [frame(thread[2]!, thread[3]!, thread[4]!)]});
      continue;
    }
    const caller = CALLER.exec(line);
    if (caller) stacks.at(-1)?.frames.push(frame(caller[1]!, caller[2]!, caller[3]!));
  }
  return stacks;
}

function frame(file: string, line: string, func: string): Frame {
  return {file, line: Number(line), func};
}
