import type {ActiveRequest} from '../../model/events.ts';
import {selectCountdown} from '../../model/select-countdown.ts';
import {graveIncident} from '../../model/select-incidents.ts';
import {selectTotals} from '../../model/select-totals.ts';
import type {InstanceState} from '../../model/state.ts';
import {streamWords} from '../../model/verdict.ts';
import {age, bytes, clock, countdown, duration, percent, plural, rate} from '../../terminal/format.ts';
import {safeText} from '../../terminal/safe-text.ts';

/** How many of a kind are listed; the rest is counted. */
const MOST = 5;
const LABEL = 12;

/**
 * What a server is doing, as plain text that fits on one screen and into a ticket; worst things named with their cause.
 * @param now milliseconds since the epoch.
 */
export function statusLines(state: InstanceState, now: number): string[] {
  const {info, lifecycle, name} = state;
  // Of a server that is not ours only the time of looking is known.
  const since = lifecycle.since > 0 && info?.foreign === undefined ? ` for ${duration(now - lifecycle.since)}` : '';
  const detail = lifecycle.detail === '' ? '' : `: ${lifecycle.detail}`;
  const grave = lifecycle.phase === 'ready' ? graveIncident(state.incidents) : undefined;
  return [
    `${name}  ${lifecycle.phase}${since}${detail}${grave ? `, but ${grave.title}` : ''}`,
    ...row('url', [info?.url]),
    ...row('server', [server(state)]),
    ...row('pids', [pids(state)]),
    ...row('traffic', [traffic(state, now)]),
    ...row('load', [load(state, now)]),
    ...row('agents', agents(state, now)),
    ...row('oldest', oldest(state, now)),
    ...row('incidents', incidents(state, now)),
    ...row(
      'notices',
      state.notices.map(({severity, text, remedy}) => `${severity}: ${text}${remedy === null ? '' : ` - ${remedy}`}`),
    ),
    ...row(
      'advice',
      state.advice.map(({cause, remedy}) => `${cause} - ${remedy}`),
    ),
    ...row('reload', [lastReload(state)]),
    ...row('restart', [lastRestart(state, now)]),
    ...row('not ours', foreign(state)),
  ].map((line) => safeText(line));
}

function row(label: string, values: readonly (string | null | undefined)[]): string[] {
  const known = values.filter((one) => one !== null && one !== undefined && one !== '');
  const shown = known.slice(0, MOST);
  if (known.length > MOST) shown.push(`and ${known.length - MOST} more`);
  return shown.map((text, index) => `  ${(index === 0 ? label : '').padEnd(LABEL)}${text}`);
}

function server({info}: InstanceState): string | null {
  if (info === null) return null;
  const versions = [
    info.modWsgi && `mod_wsgi ${info.modWsgi}`,
    info.python && `Python ${info.python}`,
    info.apache && `Apache ${info.apache}${info.mpm && ` (${info.mpm})`}`,
  ];
  return [info.serverRoot, ...versions].filter(Boolean).join(', ') + (info.readOnly && !info.foreign ? ', read-only' : '');
}

function pids({info, lifecycle}: InstanceState): string | null {
  const known = [
    info !== null && info.foreign === undefined && `supervisor ${info.supervisorPid}`,
    lifecycle.apachePid !== null && `Apache ${lifecycle.apachePid}`,
  ].filter((one) => one !== false);
  return known.length === 0 ? null : known.join(', ');
}

function traffic(state: InstanceState, now: number): string {
  const totals = selectTotals(state, now);
  const figures = [`p50 ${duration(totals.p50)}`, `p95 ${duration(totals.p95)}`, `p99 ${duration(totals.p99)}`];
  return `${rate(totals.rate)}/s, ${figures.join(', ')}; last minute ${plural(totals.requests, 'request')}, ${totals.errors5xx} x 5xx, ${totals.errors4xx} x 4xx`;
}

function load(state: InstanceState, now: number): string {
  const {blind, busy, capacity, queueMs, cpu, rss} = selectTotals(state, now);
  const asked = blind ? 'busy threads not known (Apache has no mod_status to ask)' : null;
  const threads = asked ?? (capacity === null ? `${busy} threads busy` : `${busy} of ${plural(capacity, 'thread')} busy`);
  return `${threads}, queue ${duration(queueMs)}, CPU ${percent(cpu)}, memory ${bytes(rss)}`;
}

/** Only those that have something wrong with them; their number otherwise. */
function agents({agents: all}: InstanceState, now: number): string[] {
  const troubled = all.filter((one) => one.state !== 'connected');
  const lines = troubled.map((one) => `process ${one.pid} ${one.state} for ${age(now - one.since)}${one.detail ? `: ${one.detail}` : ''}`);
  const well = all.length - troubled.length;
  return well > 0
    ? [
        ...lines,
        `${well} connected (${all
          .filter((one) => one.state === 'connected')
          .map((one) => one.pid)
          .slice(0, 8)
          .join(', ')})`,
      ]
    : lines;
}

function oldest(state: InstanceState, now: number): string[] {
  const rule = selectCountdown(state);
  return state.requests.map((one) => requestLine(state, one, rule.left(one, now), now));
}

function requestLine({verdicts}: InstanceState, one: ActiveRequest, left: number | null, now: number): string {
  const verdict = verdicts.find(({requestId}) => requestId === one.id);
  const streams = (one.pieces ?? 0) > 0 && verdict?.verdict !== 'waiting' && verdict?.verdict !== 'stuck';
  const frame = verdict?.own ?? verdict?.frame;
  const at = frame ? `${frame.file}:${frame.line} in ${frame.func}` : one.at;
  const parts = [
    `${age(now - one.startedAt)} ${one.method} ${one.url} (process ${one.pid})`,
    streams && streamWords(one, now),
    verdict && verdict.verdict !== 'unknown' && !streams ? `${verdict.verdict}${at ? ` at ${at}` : ''}` : at && `at ${at}`,
    verdict?.waitsIn && `waits in ${verdict.waitsIn}`,
    left !== null && `mod_wsgi gives up ${left <= 0 ? 'now' : `in ${countdown(left)}`}`,
  ];
  return parts.filter(Boolean).join('; ');
}

function incidents({incidents: all}: InstanceState, now: number): string[] {
  const open = all.filter(({closedAt}) => closedAt === null);
  const lines = open.map(({openedAt, title, where, id}) => {
    // Titles often name the line already, shorter.
    const named = where !== null && title.includes(`${where.file.slice(where.file.lastIndexOf('/') + 1)}:${where.line}`);
    return `open for ${duration(now - openedAt)}: ${title}${where && !named ? ` at ${where.file}:${where.line}` : ''} (${id})`;
  });
  const closed = all.length - open.length;
  return closed > 0 ? [...lines, `${plural(closed, 'closed one')}; wsgideck incidents lists them`] : lines;
}

function lastReload({reloads}: InstanceState): string | null {
  const last = reloads.at(-1);
  if (!last) return null;
  const what = last.by === 'hand' ? 'by hand' : (last.names[0] ?? 'change');
  const how =
    last.status === 'done'
      ? `done after ${duration(last.ms)}`
      : last.status === 'failed'
        ? `failed: ${last.failure?.title ?? last.detail ?? ''}`
        : 'running';
  return `${clock(last.seenAt)} ${what}, ${how}`;
}

function lastRestart({restarts}: InstanceState, now: number): string | null {
  const last = restarts.at(-1);
  if (!last) return null;
  return `process ${last.pid} ${duration(now - last.at)} ago: ${last.text}${restarts.length > 1 ? ` (${restarts.length} in all)` : ''}`;
}

function foreign({info}: InstanceState): string[] {
  if (!info?.foreign) return [];
  const {kind, gains} = info.foreign;
  const who = kind === 'original' ? 'started by mod_wsgi-express' : 'an Apache of the system';
  return [`${who}; under wsgideck it would also have:`, ...gains];
}
