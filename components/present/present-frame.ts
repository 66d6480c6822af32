/** The whole screen as rows: exactly as many as the terminal has, none wider than it. Pure. */
import type {Place as CodePlace} from '../../src/model/diagnosis.ts';
import {BLANK, fitRow, row, span, type Row} from '../../src/terminal/rows.ts';
import type {Presented, Snapshot, SourceWish, Space} from '../store/snapshot.ts';
import {presentAdvice} from './present-advice.ts';
import {presentCapture} from './present-capture.ts';
import {presentConfig} from './present-config.ts';
import {presentFailed} from './present-failed.ts';
import {consequenceRow, presentFooter} from './present-footer.ts';
import {presentForeign} from './present-foreign.ts';
import {presentHeader} from './present-header.ts';
import {presentHelp} from './present-help.ts';
import {presentIncident} from './present-incident.ts';
import {presentIncidents} from './present-incidents.ts';
import {presentLogEntry} from './present-log-entry.ts';
import {presentLogs} from './present-logs.ts';
import {presentMenu} from './present-menu.ts';
import {presentOverview} from './present-overview.ts';
import {presentPalette} from './present-palette.ts';
import {presentProcesses} from './present-processes.ts';
import {presentReloads} from './present-reloads.ts';
import {replayBar} from './present-replay.ts';
import {presentRequestDetail} from './present-request-detail.ts';
import {presentRequests} from './present-requests.ts';
import {ruleRow} from './present-rule.ts';
import {presentStacks} from './present-stacks.ts';
import {presentTabs} from './present-tabs.ts';
import {presentTerminal} from './present-terminal.ts';

export interface Frame {
  header: Row[];
  body: Row[];
  footer: Row[];
  /** How far the body can be scrolled. */
  scrollMax: number;
  sources: SourceWish[];
  /** Lines of code among the rows of the body before it is scrolled, and the index of the one that is marked. */
  places: {row: number; place: CodePlace}[];
  place: number;
}

/** Rows the body has, for what must be known before the frame is made (how many log lines to ask for). */
export function bodyHeight(s: Pick<Snapshot, 'rows' | 'ui'>): number {
  return Math.max(0, s.rows - headerHeight(s) - footerHeight(s));
}

export function presentFrame(s: Snapshot): Frame {
  const width = s.columns;
  const header = [presentHeader(s, width), presentTabs(s, width), ruleRow(s, width)].slice(0, headerHeight(s));
  const space = {width, height: bodyHeight(s)};
  const presented = presentBody(s, space);
  const {total, sources = [], places = []} = presented;
  const place = Math.max(0, Math.min(s.ui.place ?? presented.main ?? 0, places.length - 1));
  const rows = places.length === 0 ? presented.rows : marked(presented.rows, places, place);
  const scrollMax = Math.max(0, (total ?? 0) - space.height);
  const from = Math.min(s.ui.scroll, scrollMax);
  const body = total === undefined ? rows.slice(0, space.height) : withMarks(rows.slice(from, from + space.height), from, scrollMax, s);
  while (body.length < space.height) body.push(BLANK);
  const fitted = (list: Row[]) => list.map((one) => fitRow(one, width, s.glyphs));
  return {header: fitted(header), body: fitted(body), footer: fitted(footerRows(s, width)), scrollMax, sources, places, place};
}

/** Every line of code can be clicked on; the one that the editor would open is marked. */
function marked(rows: Row[], places: Frame['places'], place: number): Row[] {
  const drawn = [...rows];
  for (const [index, one] of places.entries()) {
    const code = drawn[one.row];
    if (code) drawn[one.row] = {...code, selected: index === place, hit: {type: 'item', index}};
  }
  return drawn;
}

/** The place of the rule belongs to the recording's bar; where there is one row only, the bar is the footer until something is said or asked. */
function footerRows(s: Snapshot, width: number): Row[] {
  const height = footerHeight(s);
  if (height === 0) return [];
  const {overlay, confirm, status} = s.ui;
  const talking = overlay !== null || confirm !== null || (status !== null && status.until > s.wall);
  const bar = replayBar(s, width);
  if (height === 1) return [bar === null || talking ? presentFooter(s, width) : bar];
  return [consequenceRow(s, width) ?? bar ?? ruleRow(s, width), presentFooter(s, width)];
}

function presentBody(s: Snapshot, space: Space): Presented {
  const {ui} = s;
  if (ui.overlay?.kind === 'help') return presentHelp(s, space);
  if (ui.overlay?.kind === 'palette') return presentPalette(s, ui.overlay, space);
  if (ui.overlay?.kind === 'menu') return presentMenu(s, ui.overlay, space);
  if (ui.detail?.kind === 'request') return presentRequestDetail(s, ui.detail, space);
  if (ui.detail?.kind === 'capture') return presentCapture(s, ui.detail.id, space);
  if (ui.detail?.kind === 'entry') return presentLogEntry(s, ui.detail.entry, space);
  if (ui.detail?.kind === 'incident') return presentIncident(s, ui.detail.id, space);
  if (ui.detail?.kind === 'advice') return presentAdvice(s, space);
  if (ui.detail?.kind === 'reloads') return presentReloads(s, space);
  if (ui.detail?.kind === 'foreign') return presentForeign(s, space);
  switch (ui.view) {
    case 'overview':
      return s.state.lifecycle.phase === 'failed' ? presentFailed(s, space) : presentOverview(s, space);
    case 'requests':
      return presentRequests(s, space);
    case 'stacks':
      return presentStacks(s, space);
    case 'logs':
      return presentLogs(s, space);
    case 'processes':
      return presentProcesses(s, space);
    case 'incidents':
      return presentIncidents(s, space);
    case 'config':
      return presentConfig(s, space);
    case 'terminal':
      return presentTerminal(s, space);
  }
}

/** The last row of a scrolled text says that there is more. */
function withMarks(rows: Row[], from: number, scrollMax: number, s: Snapshot): Row[] {
  if (scrollMax === 0 || from >= scrollMax || rows.length < 4) return rows;
  const left = scrollMax - from + 1;
  return [...rows.slice(0, -1), row(span(`   ${s.glyphs.down} ${left} more lines`, 'dim'))];
}

function headerHeight(s: Pick<Snapshot, 'rows' | 'ui'>): number {
  if (s.rows < 3) return 1;
  return s.ui.zoom || s.rows < 10 ? 1 : 3;
}

function footerHeight(s: Pick<Snapshot, 'rows' | 'ui'>): number {
  if (s.rows < 3) return 0;
  return s.ui.zoom || s.rows < 12 ? 1 : 2;
}
