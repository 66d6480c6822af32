/** One incident with its evidence: what it means and the line of code first, then everything that was kept. */
import type {Incident, IncidentSummary} from '../../src/model/incidents.ts';
import {isChatter} from '../../src/model/log.ts';
import type {RequestVerdict} from '../../src/model/verdict.ts';
import {upTo, width as cells, wrapLines} from '../../src/terminal/fit.ts';
import {age, bytes, clock, percent, plural} from '../../src/terminal/format.ts';
import {BLANK, layout, pack, row, span, tableHead, tableRow, theirs, type Column, type Piece, type Row} from '../../src/terminal/rows.ts';
import {safeText} from '../../src/terminal/safe-text.ts';
import type {Presented, Snapshot, SourceWish, Space} from '../store/snapshot.ts';
import {captureRows} from './present-capture.ts';
import {figureRows} from './present-figures.ts';
import {incidentTone, KIND_WORDS, lasted, shortTitle} from './present-incidents.ts';
import {logLayout, presentLogLine} from './present-log-line.ts';
import {placeRows, placeText} from './present-places.ts';
import {shortAt} from './present-requests.ts';
import {captureTitle, METHOD_WORDS} from './present-stacks.ts';
import {verdictWords} from './present-verdict.ts';
import {labelled} from './paragraph.ts';

const MOST_REQUESTS = 20;
const MOST_LINES = 40;
/** Lines of code that can be marked; each costs a question for its source. */
const MOST_SOURCES = 12;

const REQUESTS: readonly Column[] = [
  {title: ' age', width: 8, align: 'right', rank: 0},
  {title: 'method', width: 6, rank: 1},
  {title: 'path', width: 24, grow: 2, keep: 'both', rank: 0},
  {title: 'pid', width: 7, align: 'right', rank: 4},
  {title: 'in the code at', width: 20, grow: 2, keep: 'end', rank: 2},
  {title: 'verdict', width: 20, grow: 1, rank: 3},
];

export function presentIncident(s: Snapshot, id: string, {width, height}: Space): Presented {
  const fetched = s.fetched.incident?.id === id ? s.fetched.incident : null;
  const incident = fetched?.incident ?? null;
  // The state knows of the end before the evidence has been fetched again.
  const summary = s.state.incidents.find((one) => one.id === id) ?? incident?.summary;
  if (summary === undefined)
    return {rows: [row(span('   '), theirs(fetched?.error ?? 'this incident is not kept any more', s.glyphs, 'dim'))]};
  const rows: Row[] = [...headRows(summary, s, width)];
  const roomy = height > 14;
  if (roomy) rows.push(BLANK);
  if (incident && incident.reason !== '' && incident.reason !== summary.title)
    rows.push(...labelled('reason', incident.reason, s, width, 'plain', 10));
  if (summary.cause !== '') rows.push(...labelled('what it means', summary.cause, s, width));
  if (summary.remedy !== '') rows.push(...labelled('what to do', summary.remedy, s, width));
  for (const one of (incident?.diagnoses[0]?.evidence ?? []).filter((each) => !saidBelow(each, incident, summary, s)))
    rows.push(...labelled('', one, s, width, 'dim', 2));
  const sources: SourceWish[] = [];
  const places: NonNullable<Presented['places']> = [];
  if (summary.where !== null) {
    places.push({row: rows.length, place: summary.where});
    const drawn = placeRows(summary.where, s, {label: 'where', width, context: roomy ? 3 : 1, source: sourceIn(incident, summary)});
    rows.push(...drawn.rows);
    sources.push(...drawn.sources);
  }
  if (incident === null) {
    rows.push(
      BLANK,
      row(
        span('   '),
        theirs(fetched?.error ?? (fetched ? 'its evidence is not kept any more' : 'fetching the evidence'), s.glyphs, 'dim'),
      ),
    );
    return {rows, total: rows.length, sources, places};
  }
  rows.push(
    ...furtherRows(incident, s, width),
    ...requestRows(incident, s, width),
    ...sectioned(figureRows(incident.before, incident.after, s, width)),
  );
  for (const one of incident.captures) {
    rows.push(
      BLANK,
      row(
        span(' stacks  ', 'accent'),
        theirs(captureTitle(one), s.glyphs, 'strong'),
        span(`  ${clock(one.at)}  daemon ${one.pid}  ${METHOD_WORDS[one.method]}`, 'dim'),
      ),
    );
    const drawn = captureRows([one], s, {width, height});
    for (const each of drawn.places ?? []) places.push({row: rows.length + each.row, place: each.place});
    rows.push(...drawn.rows);
    if (sources.length < MOST_SOURCES) sources.push(...(drawn.sources ?? []));
  }
  rows.push(...logRows(incident, s, width), ...processRows(incident, s));
  return {rows, total: rows.length, sources, places};
}

function headRows(one: IncidentSummary, s: Snapshot, width: number): Row[] {
  const tone = incidentTone(one, true);
  const pieces: Piece[] = [
    {spans: [span(`opened ${clock(one.openedAt)}`, 'dim')], rank: 0},
    {spans: [span(lasted(one, s.now), one.closedAt === null ? 'soon' : 'dim')], rank: 0},
  ];
  if (one.count > 1) pieces.push({spans: [span(`${one.count} times`, 'soon')], rank: 1});
  if (one.pid !== null) pieces.push({spans: [span(`daemon ${one.pid}`, 'dim')], rank: 2});
  if (one.processGroup !== '') pieces.push({spans: [theirs(one.processGroup, s.glyphs, 'dim')], rank: 4});
  pieces.push({spans: [span(`id ${one.id}`, 'dim')], rank: 5});
  const kind = KIND_WORDS[one.kind] ?? one.kind;
  // The words of the title that say the kind again, and the place that has its own row, leave room for the others.
  const title = cells(kind) + cells(one.title) + 3 > width ? shortTitle(one, s) : one.title;
  const indent = cells(kind) + 3;
  const lines = upTo(
    wrapLines(safeText(title, s.glyphs.ascii), Math.max(20, width - indent - 1)),
    2,
    Math.max(20, width - indent - 1),
    s.glyphs.cut,
  );
  return [
    ...lines.map((line, index) =>
      row(span(index === 0 ? ` ${kind}  ` : ' '.repeat(indent), tone === 'dim' ? 'accent' : tone), span(line, 'strong')),
    ),
    {spans: [span(' '), ...pack(pieces, width - 2)]},
  ];
}

/** The source text that a stack of the incident holds for its line: the file may have changed since. */
function sourceIn(incident: Incident | null, {where}: IncidentSummary): string | undefined {
  const frames = incident?.captures.flatMap((one) => one.threads.flatMap((thread) => thread.frames)) ?? [];
  return frames.find((one) => one.file === where?.file && one.line === where.line && one.source !== undefined)?.source;
}

/** The place has a part of its own, with the source around it. */
function saidBelow(evidence: string, incident: Incident | null, summary: IncidentSummary, s: Snapshot): boolean {
  const {where} = summary;
  return where !== null && (evidence === `at ${placeText(where, s)}` || evidence === sourceIn(incident, summary)?.trim());
}

/** What else is diagnosed, one after the other. */
function furtherRows(incident: Incident, s: Snapshot, width: number): Row[] {
  const others = incident.diagnoses.slice(1).filter((one) => one.cause !== incident.summary.cause);
  return others.flatMap((one) => [BLANK, ...labelled('also', one.cause, s, width), ...labelled('what to do', one.remedy, s, width)]);
}

function requestRows(incident: Incident, s: Snapshot, width: number): Row[] {
  const {inFlight, verdicts, summary} = incident;
  if (inFlight.length === 0) return [];
  const plan = layout(REQUESTS, width);
  const rows: Row[] = [
    BLANK,
    row(span(` ${plural(inFlight.length, 'request')} in flight`, 'accent'), span('  when it opened', 'dim')),
    tableHead(plan, REQUESTS, s.glyphs),
  ];
  for (const one of inFlight.slice(0, MOST_REQUESTS)) {
    const verdict: RequestVerdict | undefined = verdicts.find((other) => other.requestId === one.id);
    rows.push(
      tableRow(
        plan,
        [
          {text: age(summary.openedAt - one.startedAt), tone: 'soon'},
          one.method,
          one.url,
          {text: String(one.pid), tone: 'dim'},
          {text: one.at === undefined ? '' : shortAt(one.at, s.state.info), tone: 'dim'},
          {text: verdict ? verdictWords(verdict) : '', tone: verdict?.verdict === 'stuck' ? 'soon' : 'dim'},
        ],
        s.glyphs,
      ),
    );
  }
  if (inFlight.length > MOST_REQUESTS) rows.push(row(span(`   and ${inFlight.length - MOST_REQUESTS} more`, 'dim')));
  return rows;
}

function logRows(incident: Incident, s: Snapshot, width: number): Row[] {
  if (incident.log.length === 0) return [];
  const plan = logLayout(width);
  // As in Logs and on the overview: what Apache says of itself at info would push out what matters.
  const telling = incident.log.filter((one) => !isChatter(one));
  const shown = (telling.length > 0 ? telling : incident.log).slice(-MOST_LINES);
  const left = incident.log.length - shown.length;
  const without = left === 0 ? '' : telling.length > MOST_LINES ? `, the last of ${telling.length}` : ", without Apache's info";
  return [
    BLANK,
    row(span(' log', 'accent'), span(`  ${plural(shown.length, 'entry', 'entries')}${without}`, 'dim')),
    ...shown.map((one) => presentLogLine(one, plan, s.glyphs)),
  ];
}

function processRows(incident: Incident, s: Snapshot): Row[] {
  if (incident.processes.length === 0) return [];
  return [
    BLANK,
    row(span(' processes', 'accent'), span('  when it opened', 'dim')),
    ...incident.processes.map((one) =>
      row(
        span(
          `   ${one.role.padEnd(10)}${String(one.pid).padStart(7)}  ${percent(one.cpu).padStart(6)}  ${bytes(one.rss).padStart(8)}  `,
          'dim',
        ),
        theirs(one.label, s.glyphs, 'dim'),
      ),
    ),
  ];
}

function sectioned(rows: Row[]): Row[] {
  return rows.length === 0 ? [] : [BLANK, ...rows];
}
