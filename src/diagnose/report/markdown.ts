import type {Incident} from '../../model/incidents.ts';
import {safeText} from '../../terminal/safe-text.ts';
import {captureTitle, facts, FIGURE_HEADS, figureRows, frameLines, logLine, moment, placeText, shownThreads, threadTitle} from './parts.ts';

/** For a ticket. Text of strangers cannot become markup: it is in code, or escaped. */
export function markdownReport(incident: Incident): string {
  const {summary, inFlight, verdicts, captures, log, processes, diagnoses} = incident;
  return `${[
    `# ${inline(summary.title)}`,
    table(
      ['', ''],
      facts(incident).map(([name, value]) => [name, value]),
    ),
    section(
      'What it means',
      diagnoses.map((one) => [`- **${inline(one.cause)}**`, `  ${inline(one.remedy)}`, ...evidence(one)].join('\n')).join('\n'),
    ),
    section(
      'Requests in flight',
      inFlight.length === 0
        ? ''
        : table(
            ['request', 'process', 'for', 'at'],
            inFlight.map((one) => [
              `${one.method} ${one.url}`,
              String(one.pid),
              `${((summary.openedAt - one.startedAt) / 1000).toFixed(1)} s`,
              one.at ?? '',
            ]),
          ),
    ),
    section(
      'Stuck or slow',
      verdicts
        .map(
          (one) =>
            `- ${inline(`${one.method} ${one.url}`)}: ${one.verdict}, the same frames in ${one.same} of ${one.samples} samples${one.own ? `, at ${inline(placeText(one.own))}` : ''}`,
        )
        .join('\n'),
    ),
    section(
      'Stacks',
      captures
        .map((capture) =>
          [
            `### ${inline(captureTitle(capture))}`,
            ...shownThreads(capture, incident).map((thread) => `${inline(threadTitle(thread, capture))}\n\n${code(frameLines(thread))}`),
          ].join('\n\n'),
        )
        .join('\n\n'),
    ),
    section('Log', log.length === 0 ? '' : code(log.map(logLine).join('\n').split('\n'))),
    section('Figures', figureRows(incident).length === 0 ? '' : table(FIGURE_HEADS, figureRows(incident))),
    section(
      'Processes',
      processes.length === 0
        ? ''
        : table(
            ['pid', 'role', 'label', 'state', 'CPU', 'memory MiB', 'threads', 'since'],
            processes.map((row) => [
              String(row.pid),
              row.role,
              row.label,
              row.state,
              `${row.cpu.toFixed(0)} %`,
              (row.rss / 1024 / 1024).toFixed(1),
              String(row.threads),
              moment(row.startedAt),
            ]),
          ),
    ),
  ]
    .filter((part) => part !== '')
    .join('\n\n')}\n`;
}

function evidence({evidence = [], place, rule}: Incident['diagnoses'][number]): string[] {
  return [...evidence, ...(place ? [placeText(place)] : []), `rule ${rule}`].map((line) => `  - ${inline(line)}`);
}

function section(title: string, body: string): string {
  return body === '' ? '' : `## ${title}\n\n${body}`;
}

/** Markup, and what could act on whoever prints the file on a terminal. */
function inline(text: string): string {
  return safeText(text.replaceAll(/\s+/g, ' ')).replaceAll(/[\\`*_{}[\]<>()#+!|~&$]/g, String.raw`\$&`);
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(inline).join(' | ')} |`;
  return [line(heads), `|${heads.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

/** A fence that nothing inside can close. */
function code(lines: readonly string[]): string {
  const body = lines.map((line) => safeText(line));
  const longest = Math.max(2, ...body.flatMap((line) => (line.match(/`+/g) ?? []).map((run) => run.length)));
  const fence = '`'.repeat(longest + 1);
  return [fence, ...body, fence].join('\n');
}
