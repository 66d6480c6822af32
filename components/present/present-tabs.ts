/** The tabs with their counts. */
import {LOG_LEVELS} from '../../src/model/log.ts';
import {asksForALook} from '../../src/model/select-incidents.ts';
import {count} from '../../src/terminal/format.ts';
import {rowWidth, span, spread, type Row, type Span} from '../../src/terminal/rows.ts';
import type {Snapshot} from '../store/snapshot.ts';
import {isUrgent, VIEW_KEYS, viewsOf, type View} from '../store/ui-state.ts';

const TITLES: Record<View, {long: string; mid: string; short: string}> = {
  overview: {long: 'Overview', mid: 'Overview', short: 'Over'},
  requests: {long: 'Requests', mid: 'Requests', short: 'Req'},
  stacks: {long: 'Stacks', mid: 'Stacks', short: 'Stk'},
  logs: {long: 'Logs', mid: 'Logs', short: 'Log'},
  processes: {long: 'Processes', mid: 'Procs', short: 'Proc'},
  incidents: {long: 'Incidents', mid: 'Incidents', short: 'Inc'},
  terminal: {long: 'Terminal', mid: 'Term', short: 'Term'},
  config: {long: 'Config', mid: 'Conf', short: 'Conf'},
};

export function presentTabs(s: Snapshot, width: number): Row {
  const help = [span('? ', 'accent', {type: 'action', action: 'help'}), span('help ', 'dim', {type: 'action', action: 'help'})];
  const long = tabs(s, 'long', '  ');
  if (rowWidth(long) < width - rowWidth(help)) return spread(long, help, width);
  if (rowWidth(long) < width) return {spans: long};
  const mid = tabs(s, 'mid', ' ');
  if (rowWidth(mid) < width) return {spans: mid};
  const short = tabs(s, 'short', '  ');
  return {spans: rowWidth(short) < width ? short : tabs(s, 'short', ' ')};
}

function tabs(s: Snapshot, size: 'long' | 'mid' | 'short', gap: string): Span[] {
  const counts = countsOf(s);
  return viewsOf(s.state).flatMap((view, index) => {
    const here = s.ui.view === view;
    const digit = VIEW_KEYS[view];
    const hit = {type: 'view' as const, index: digit};
    const {text, tone} = counts[view];
    return [
      span(index === 0 ? ' ' : gap),
      span(`${digit} `, here ? 'accent' : 'dim', hit),
      {text: TITLES[view][size], tone: here ? ('accent' as const) : ('plain' as const), inverse: here, hit},
      ...(text === '' ? [] : [span(` ${text}`, tone, hit)]),
    ];
  });
}

function countsOf(s: Snapshot): Record<View, {text: string; tone: 'dim' | 'soon' | 'now'}> {
  const {state} = s;
  const errors = LOG_LEVELS.filter(isUrgent).reduce((sum, level) => sum + state.log.counts[level], 0);
  const wedged = state.agents.some((one) => one.state === 'wedged');
  const captures = state.captures.length;
  const asking = state.incidents.filter((one) => asksForALook(one, s.ui.seen, s.now));
  return {
    overview: {text: '', tone: 'dim'},
    requests: {text: state.requests.length > 0 ? count(state.requests.length) : '', tone: 'dim'},
    stacks: {text: captures > 0 ? `${captures}${wedged ? '!' : ''}` : wedged ? '!' : '', tone: wedged ? 'now' : 'dim'},
    logs: {text: errors > 0 ? `${count(errors)}!` : '', tone: 'soon'},
    incidents:
      asking.length > 0
        ? {text: `${asking.length}!`, tone: asking.some((one) => one.severity === 'error') ? 'now' : 'soon'}
        : {text: state.incidents.length > 0 ? String(state.incidents.length) : '', tone: 'dim'},
    terminal: {text: state.notices.some((one) => one.key === 'prompt') ? '!' : '', tone: 'soon'},
    config: {text: '', tone: 'dim'},
    processes: {text: state.processes.length > 0 ? String(state.processes.length) : '', tone: 'dim'},
  };
}
