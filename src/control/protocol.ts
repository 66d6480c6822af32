/**
 * The control socket's language, version 1: lines of JSON over a unix stream socket with mode 0600.
 * Client to server: hello (once, first), command, query. Server to client: hello, snapshot, event, result, error.
 */
import * as v from 'valibot';
import type {CommandResult, QueryResults} from '../model/commands.ts';
import type {DeckEvent} from '../model/events.ts';
import {LOG_LEVELS} from '../model/log.ts';
import type {InstanceState} from '../model/state.ts';

export const CONTROL_VERSION = 1;
/** Characters that one `input` command may hold. */
export const MAX_INPUT = 4096;

const pid = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(0x7fffffff));
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(100), v.regex(/^[\w-]+$/));

/** Apache's log ids hold `+` and `/` too. */
const requestId = v.pipe(v.string(), v.minLength(1), v.maxLength(100), v.regex(/^[\x21-\x7e]+$/));

const command = v.variant('type', [
  v.strictObject({type: v.literal('stop'), now: v.boolean()}),
  v.strictObject({type: v.literal('restart'), graceful: v.boolean()}),
  v.strictObject({type: v.literal('reload')}),
  v.strictObject({type: v.literal('signal'), pid, signal: v.picklist(['SIGTERM', 'SIGINT', 'SIGUSR1', 'SIGHUP', 'SIGKILL'])}),
  v.strictObject({type: v.literal('stacks'), pid: v.optional(pid)}),
  v.strictObject({type: v.literal('cadence'), ms: v.pipe(count, v.maxValue(3_600_000))}),
  v.strictObject({type: v.literal('input'), data: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_INPUT))}),
  v.strictObject({
    type: v.literal('resize-pane'),
    cols: v.pipe(count, v.minValue(10), v.maxValue(500)),
    rows: v.pipe(count, v.minValue(2), v.maxValue(300)),
  }),
  v.strictObject({type: v.literal('file-incident'), pid: v.optional(pid), requestId: v.optional(requestId)}),
  v.strictObject({type: v.literal('export-incident'), id: name, format: v.picklist(['json', 'markdown', 'html'])}),
  v.strictObject({type: v.literal('recycle'), pid}),
  v.strictObject({type: v.literal('interrupt'), requestId}),
  v.strictObject({
    type: v.literal('replay'),
    action: v.picklist(['pause', 'play', 'speed', 'seek', 'next-incident', 'previous-incident']),
    value: v.optional(v.pipe(v.number(), v.minValue(0))),
  }),
]);

const filter = v.strictObject({
  text: v.optional(v.pipe(v.string(), v.maxLength(1000))),
  level: v.optional(v.picklist(LOG_LEVELS)),
  sources: v.optional(v.pipe(v.array(v.picklist(['error', 'app', 'access', 'startup', 'deck'])), v.maxLength(5))),
  quiet: v.optional(v.boolean()),
  pid: v.optional(pid),
});

const query = v.variant('type', [
  v.strictObject({
    type: v.literal('log'),
    filter,
    before: v.optional(v.nullable(count)),
    after: v.optional(count),
    limit: v.pipe(count, v.maxValue(500)),
  }),
  v.strictObject({type: v.literal('capture'), id: count}),
  v.strictObject({type: v.literal('live'), pid}),
  v.strictObject({type: v.literal('config')}),
  v.strictObject({type: v.literal('incident'), id: name}),
  v.strictObject({type: v.literal('recording')}),
  v.strictObject({type: v.literal('terminal'), after: v.optional(count)}),
  v.strictObject({
    type: v.literal('source'),
    file: v.pipe(v.string(), v.maxLength(4096)),
    line: count,
    context: v.pipe(count, v.maxValue(50)),
  }),
]);

/** What a client may say. `bulk` asks for every log entry as an event instead of log heads. */
export const clientMessage = v.variant('type', [
  v.strictObject({
    type: v.literal('hello'),
    v: v.number(),
    client: v.pipe(v.string(), v.maxLength(100)),
    bulk: v.boolean(),
    readOnly: v.optional(v.boolean()),
  }),
  v.strictObject({type: v.literal('command'), id: count, command}),
  v.strictObject({type: v.literal('query'), id: count, query}),
]);
export type ClientMessage = v.InferOutput<typeof clientMessage>;

export type ServerMessage =
  | {type: 'hello'; v: number; instance: string; pid: number; readOnly?: boolean}
  | {type: 'snapshot'; state: InstanceState}
  | {type: 'event'; event: DeckEvent}
  | {type: 'result'; id: number; result: CommandResult | QueryResults[keyof QueryResults]}
  | {type: 'error'; id: number | null; text: string};

/** The envelope of what a server may say; events are the supervisor's own and are applied by the same reducer on both sides. */
export const serverMessage = v.variant('type', [
  v.object({type: v.literal('hello'), v: v.number(), instance: v.string(), pid, readOnly: v.optional(v.boolean())}),
  v.object({type: v.literal('snapshot'), state: v.looseObject({name: v.string(), lifecycle: v.looseObject({phase: v.string()})})}),
  v.object({type: v.literal('event'), event: v.looseObject({type: v.string(), at: v.number(), instance: v.string()})}),
  v.object({type: v.literal('result'), id: count, result: v.unknown()}),
  v.object({type: v.literal('error'), id: v.nullable(count), text: v.string()}),
]);
