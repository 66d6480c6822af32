/** Reads what `py-spy dump --json --pid PID` prints (py-spy 0.3.8 to 0.4). Pure. */
import * as v from 'valibot';
import type {ThreadStack} from '../../model/stacks.ts';
import type {ToolStacks} from './parse-pystack.ts';

const MAX_THREADS = 1000;
const MAX_FRAMES = 200;

const DUMP = v.array(
  v.object({
    /** Quoted by us before parsing: an ident may be larger than a number holds exactly. */
    thread_id: v.pipe(v.string(), v.regex(/^\d{1,20}$/)),
    thread_name: v.nullish(v.string()),
    os_thread_id: v.nullish(v.number()),
    owns_gil: v.nullish(v.boolean()),
    frames: v.array(v.object({name: v.string(), filename: v.string(), line: v.number()})),
  }),
);

/** Threads with Python frames. @throws Error when it is not py-spy's JSON. */
export function parsePySpy(text: string): ToolStacks {
  // Inside of JSON's strings every quote has a backslash before it: this cannot hit one.
  const dump = v.parse(DUMP, JSON.parse(text.replaceAll(/"thread_id":\s*(\d+)/g, '"thread_id":"$1"')));
  const threads = dump
    .filter((one) => one.frames.length > 0)
    .slice(0, MAX_THREADS)
    .map((one): ThreadStack => {
      const frames = one.frames.slice(0, MAX_FRAMES).map(({name, filename, line}) => ({file: filename, line, func: name}));
      return {
        ident: one.thread_id,
        frames,
        ...(one.thread_name ? {name: one.thread_name.slice(0, 200)} : {}),
        ...(one.os_thread_id ? {tid: one.os_thread_id} : {}),
      };
    });
  const culprit = dump.find((one) => one.owns_gil === true)?.thread_id;
  return {threads, ...(culprit === undefined ? {} : {culprit})};
}
