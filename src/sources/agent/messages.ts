/** What an agent may say, checked. The agent runs beside the application and is not trusted: sizes, types and numbers are bounded here. */
import * as v from 'valibot';

const text = (max: number) => v.pipe(v.string(), v.maxLength(max));
const ident = v.pipe(v.string(), v.regex(/^\d{1,20}$/));
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000_000));
/** Seconds since the epoch. */
const moment = v.pipe(v.number(), v.minValue(0), v.maxValue(1e11));
const pid = v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(2 ** 31));
const frame = v.tuple([text(4096), count, text(1000)]);

const request = v.object({
  id: text(64),
  ident,
  worker: v.optional(count),
  method: text(64),
  url: text(2048),
  start: moment,
  /** Seconds. */
  queue: v.optional(v.pipe(v.number(), v.minValue(0))),
  client: v.optional(text(128)),
  at: v.optional(frame),
  /** Of a response that is sent piece by piece. */
  pieces: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
});

const stack = v.object({
  ident,
  name: v.optional(text(200)),
  tid: v.optional(count),
  frames: v.pipe(v.array(frame), v.maxLength(200)),
});

const load = v.nullable(
  v.object({ok: v.boolean(), ms: v.number(), error: v.optional(text(1000)), torn: v.optional(v.boolean()), waits: v.optional(v.boolean())}),
);
const requests = v.pipe(v.array(request), v.maxLength(500));
const stacks = v.pipe(v.array(stack), v.maxLength(500));

const MESSAGE = v.variant('type', [
  v.object({
    type: v.literal('hello'),
    v: v.literal(1),
    pid,
    python: v.pipe(v.string(), v.regex(/^\d+\.\d+\.\d+$/), v.maxLength(32)),
    mod_wsgi: v.pipe(v.array(count), v.minLength(2), v.maxLength(4)),
    group: text(256),
    app_group: text(1024),
    threads: count,
    fault_signal: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(32), v.maxValue(64))),
    load,
    /** Of a slot: waits to be told to load. */
    idle: v.optional(v.boolean()),
  }),
  v.object({type: v.literal('load'), load}),
  v.object({type: v.literal('files'), id: count, files: v.pipe(v.array(text(4096)), v.maxLength(2000)), more: v.boolean()}),
  v.object({
    type: v.literal('sample'),
    id: count,
    at: moment,
    busy: count,
    threads: count,
    requests,
    more: count,
    stacks: v.optional(stacks),
    /** Ident, kernel's thread id and name of threads that serve no requests. */
    background: v.pipe(v.array(v.tuple([ident, count, text(200)])), v.maxLength(200)),
    metrics: v.optional(v.record(text(64), v.unknown())),
    cost_us: v.number(),
  }),
  v.object({
    type: v.literal('exception'),
    id: v.optional(v.nullable(text(64))),
    ident,
    method: text(64),
    url: text(2048),
    at: moment,
    title: text(1000),
    traceback: v.pipe(v.array(text(2000)), v.maxLength(400)),
    file: text(4096),
    line: count,
  }),
  v.object({type: v.literal('stopping'), reason: text(100), at: moment, busy: count, requests, stacks}),
  /** Answer to `interrupt`. */
  v.object({type: v.literal('interrupted'), id: count, done: v.boolean(), why: v.optional(text(300)), at: v.optional(frame)}),
  v.object({type: v.literal('bye')}),
]);

export type AgentMessage = v.InferOutput<typeof MESSAGE>;
export type AgentRequest = v.InferOutput<typeof request>;
export type AgentStack = v.InferOutput<typeof stack>;
export type AgentHello = Extract<AgentMessage, {type: 'hello'}>;
export type InterruptAnswer = Extract<AgentMessage, {type: 'interrupted'}>;
/** What an agent says without being asked. */
export type AgentNews = Exclude<AgentMessage, {type: 'hello' | 'sample' | 'interrupted' | 'bye'}>;
export type AgentException = Extract<AgentMessage, {type: 'exception'}>;
export type AgentLoad = v.InferOutput<typeof load>;
export type AgentSample = Extract<AgentMessage, {type: 'sample'}>;

/** Longest line accepted, in characters. */
export const MAX_AGENT_LINE = 1024 * 1024;

/** The message in a parsed line, or what is wrong with it in a few words. */
export function readMessage(value: unknown): AgentMessage | {type: 'invalid'; why: string} {
  const result = v.safeParse(MESSAGE, value);
  if (result.success) return result.output;
  const issue = result.issues[0];
  return {type: 'invalid', why: `${v.getDotPath(issue) ?? 'message'}: ${issue.message}`.slice(0, 200)};
}
