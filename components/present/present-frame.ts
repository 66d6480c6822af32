/** The whole screen as rows: exactly as many as the terminal has, none wider than it. Pure. */
import {BLANK, fitRow, row, span, type Row} from '../../src/terminal/rows.ts';
import type {Presented, Snapshot, SourceWish, Space} from '../store/snapshot.ts';
import {presentCapture} from './present-capture.ts';
import {presentConfig} from './present-config.ts';
import {presentFailed} from './present-failed.ts';
import {presentFooter} from './present-footer.ts';
import {presentHeader} from './present-header.ts';
import {presentHelp} from './present-help.ts';
import {presentLogEntry} from './present-log-entry.ts';
import {presentLogs} from './present-logs.ts';
import {presentMenu} from './present-menu.ts';
import {presentOverview} from './present-overview.ts';
import {presentPalette} from './present-palette.ts';
import {presentProcesses} from './present-processes.ts';
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
}

/** Rows the body has, for what must be known before the frame is made (how many log lines to ask for). */
export function bodyHeight(s: Pick<Snapshot, 'rows' | 'ui'>): number {
  return Math.max(0, s.rows - headerHeight(s) - footerHeight(s));
}

export function presentFrame(s: Snapshot): Frame {
  const width = s.columns;
  const header = [presentHeader(s, width), presentTabs(s, width), ruleRow(s, width)].slice(0, headerHeight(s));
  const footer = footerHeight(s) === 0 ? [] : [ruleRow(s, width), presentFooter(s, width)].slice(-footerHeight(s));
  const space = {width, height: bodyHeight(s)};
  const {rows, total, sources = []} = presentBody(s, space);
  const scrollMax = Math.max(0, (total ?? 0) - space.height);
  const from = Math.min(s.ui.scroll, scrollMax);
  const body = total === undefined ? rows.slice(0, space.height) : withMarks(rows.slice(from, from + space.height), from, scrollMax, s);
  while (body.length < space.height) body.push(BLANK);
  const fitted = (list: Row[]) => list.map((one) => fitRow(one, width, s.glyphs));
  return {header: fitted(header), body: fitted(body), footer: fitted(footer), scrollMax, sources};
}

function presentBody(s: Snapshot, space: Space): Presented {
  const {ui} = s;
  if (ui.overlay?.kind === 'help') return presentHelp(s, space);
  if (ui.overlay?.kind === 'palette') return presentPalette(s, ui.overlay, space);
  if (ui.overlay?.kind === 'menu') return presentMenu(s, ui.overlay, space);
  if (ui.detail?.kind === 'request') return presentRequestDetail(s, ui.detail, space);
  if (ui.detail?.kind === 'capture') return presentCapture(s, ui.detail.id, space);
  if (ui.detail?.kind === 'entry') return presentLogEntry(s, ui.detail.entry, space);
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
