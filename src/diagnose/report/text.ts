import type {Incident} from '../../model/incidents.ts';
import {duration} from '../../terminal/format.ts';
import {safeText} from '../../terminal/safe-text.ts';
import {captureTitle, facts, FIGURE_HEADS, figureRows, frameLines, logLine, placeText, shownThreads, threadTitle} from './parts.ts';

/** For a terminal or a pager: lines that are safe to print. */
export function textReport(incident: Incident): string[] {
  const {summary, inFlight, verdicts, captures, log, diagnoses} = incident;
  const lines = [
    summary.title,
    '',
    ...columns(facts(incident)).map((row) => `  ${row}`),
    ...section(
      'What it means',
      diagnoses.flatMap(({cause, remedy, evidence = [], place}) => [
        cause,
        remedy,
        ...[...evidence, ...(place ? [placeText(place)] : [])].map((one) => `  ${one}`),
        '',
      ]),
    ),
    ...section(
      'Requests in flight',
      columns(
        inFlight.map((one) => [
          `${one.method} ${one.url}`.slice(0, 100),
          `process ${one.pid}`,
          duration(summary.openedAt - one.startedAt),
          one.at ?? '',
        ]),
      ),
    ),
    ...section(
      'Stuck or slow',
      verdicts.map(
        ({method, url, verdict, same, samples, own}) =>
          `${method} ${url}: ${verdict}, the same frames in ${same} of ${samples} samples${own ? `, at ${placeText(own)}` : ''}`,
      ),
    ),
    ...section(
      'Stacks',
      captures.flatMap((capture) => [
        captureTitle(capture),
        ...shownThreads(capture, incident).flatMap((thread) => [
          `  ${threadTitle(thread, capture)}`,
          ...frameLines(thread).map((line) => `    ${line}`),
        ]),
        '',
      ]),
    ),
    ...section(
      'Log',
      log.flatMap((entry) => logLine(entry).split('\n')),
    ),
    ...section('Figures', columns(figureRows(incident).length === 0 ? [] : [FIGURE_HEADS, ...figureRows(incident)])),
  ];
  return lines.map((line) => safeText(line));
}

function section(title: string, body: readonly string[]): string[] {
  const lines = body.at(-1) === '' ? body.slice(0, -1) : body;
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => (line === '' ? '' : `  ${line}`))];
}

/** Rows of cells with the columns below each other. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, index) => Math.max(most[index] ?? 0, cell.length)), []);
  return rows.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
