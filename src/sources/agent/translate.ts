/** From an agent's words to the model's. Pure. */
import {basename} from 'node:path';
import type {ActiveRequest, RestartCause} from '../../model/events.ts';
import type {Frame, RequestRef, ThreadStack} from '../../model/stacks.ts';
import type {AgentRequest, AgentStack} from './messages.ts';
import type {Slot} from './slots.ts';

/** Is a file in one of these folders, installed packages not counted. */
export function inRoots(file: string, roots: readonly string[]): boolean {
  return roots.some((root) => {
    const folder = root.endsWith('/') ? root : `${root}/`;
    return file.startsWith(folder) && !file.slice(folder.length).includes('site-packages/');
  });
}

/** `app.wsgi:6 in application`; the path relative to the root it is in, otherwise the bare name. */
export function placeOf(frame: Frame, roots: readonly string[]): string {
  const root = roots.map((one) => (one.endsWith('/') ? one : `${one}/`)).find((one) => frame.file.startsWith(one));
  const file = root ? frame.file.slice(root.length) : basename(frame.file);
  return `${file}:${frame.line}${frame.func ? ` in ${frame.func}` : ''}`;
}

export function toActiveRequest(pid: number, one: AgentRequest, roots: readonly string[]): ActiveRequest {
  const request: ActiveRequest = {id: one.id, pid, ident: one.ident, method: one.method, url: one.url, startedAt: one.start * 1000};
  if (one.worker !== undefined) request.worker = one.worker;
  if (one.queue !== undefined) request.queueMs = one.queue * 1000;
  if (one.client) request.client = one.client;
  if (one.at) request.at = placeOf(toFrame(one.at), roots);
  if (one.pieces !== undefined) request.pieces = one.pieces;
  return request;
}

/** Since when nothing more has come of its response. @param before what its process served at the sample before. @param now milliseconds. */
export function withSilence(request: ActiveRequest, before: readonly ActiveRequest[], now: number): ActiveRequest {
  if (!request.pieces) return request;
  const known = before.find((one) => one.id === request.id);
  return {...request, silentSince: known?.pieces === request.pieces ? (known.silentSince ?? now) : now};
}

export function slotToActiveRequest(pid: number, slot: Slot): ActiveRequest {
  const {id, ident, method, url, startedAt, worker, client} = slot;
  return {id, pid, ident, method, url, startedAt, ...(worker ? {worker} : {}), ...(client ? {client} : {})};
}

export function toRequestRef({id, method, url, startedAt}: ActiveRequest): RequestRef {
  return {id, method, url, startedAt};
}

export function toThreadStack(stack: AgentStack, requests: readonly ActiveRequest[]): ThreadStack {
  const request = requests.find((one) => one.ident === stack.ident);
  return {
    ident: stack.ident,
    frames: stack.frames.map(toFrame),
    ...(stack.name ? {name: stack.name} : {}),
    ...(request ? {request: toRequestRef(request)} : {}),
  };
}

function toFrame([file, line, func]: [string, number, string]): Frame {
  return {file, line, func};
}

/** `GET /slow` for titles. */
export function requestLine(request: {method: string; url: string}): string {
  return `${request.method} ${request.url.length > 120 ? `${request.url.slice(0, 119)}…` : request.url}`;
}

/** mod_wsgi's shutdown_reason. 4.9.4 leaves it empty for plain stops and maximum-requests. */
const REASONS: Record<string, {cause: RestartCause; text: string}> = {
  request_timeout: {cause: 'request-timeout', text: 'a request ran longer than request-timeout'},
  deadlock_timeout: {cause: 'deadlock-timeout', text: 'no thread could take the GIL within deadlock-timeout'},
  maximum_requests: {cause: 'maximum-requests', text: 'maximum-requests reached'},
  inactivity_timeout: {cause: 'inactivity-timeout', text: 'no request within inactivity-timeout'},
  cpu_time_limit: {cause: 'cpu-time-limit', text: 'the process used more CPU time than cpu-time-limit'},
  restart_interval: {cause: 'restart-interval', text: 'restart-interval is over'},
  startup_timeout: {cause: 'startup-timeout', text: 'the application did not load within startup-timeout'},
  graceful_signal: {cause: 'graceful', text: 'a graceful restart of the process was requested (SIGUSR1)'},
  eviction_signal: {cause: 'graceful', text: 'the process was asked to drain and go (SIGUSR1)'},
  shutdown_signal: {cause: 'shutdown', text: 'the process was told to stop'},
  script_reload: {cause: 'script-changed', text: 'the WSGI script file was changed'},
};

export function restartOf(reason: string): {cause: RestartCause; text: string} {
  return (
    REASONS[reason] ?? {
      cause: 'unknown',
      text: reason ? `mod_wsgi's reason: ${reason}` : 'the process is stopping; mod_wsgi gave no reason',
    }
  );
}

/** Title of the stacks that a stopping process sent: names the oldest request, which is the likely cause. */
export function stoppingTitle(reason: string, requests: readonly ActiveRequest[], now: number): string {
  const what = REASONS[reason]?.cause.replaceAll('-', ' ') ?? 'stopping';
  const oldest = requests.toSorted((a, b) => a.startedAt - b.startedAt)[0];
  return oldest ? `${what}: ${requestLine(oldest)} after ${((now - oldest.startedAt) / 1000).toFixed(1)} s` : what;
}
