import type {Incident} from '../../model/incidents.ts';
import {bytes, percent} from '../../terminal/format.ts';
import {safeText} from '../../terminal/safe-text.ts';
import {captureTitle, facts, FIGURE_HEADS, figureRows, frameLines, logLine, moment, placeText, shownThreads, threadTitle} from './parts.ts';
import {STYLE} from './style.ts';

/** One page that needs nothing else: no script, no picture, no link to anywhere. All text in it is escaped. */
export function htmlReport(incident: Incident): string {
  const {summary, inFlight, verdicts, captures, log, processes, diagnoses} = incident;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${safe(summary.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1 class="${summary.severity}">${safe(summary.title)}</h1>
<dl>${facts(incident)
    .map(([name, value]) => `<dt>${safe(name)}</dt><dd>${safe(value)}</dd>`)
    .join('')}</dl>
${section(
  'What it means',
  diagnoses
    .map(
      ({cause, remedy, evidence = [], place, rule}) =>
        `<div class="card"><b>${safe(cause)}</b><p>${safe(remedy)}</p>${list([...evidence, ...(place ? [placeText(place)] : [])])}<small>${safe(rule)}</small></div>`,
    )
    .join('\n'),
)}
${section(
  'Requests in flight',
  table(
    ['request', 'process', 'for', 'at'],
    inFlight.map((one) => [
      `${one.method} ${one.url}`,
      String(one.pid),
      `${((summary.openedAt - one.startedAt) / 1000).toFixed(1)} s`,
      one.at ?? '',
    ]),
  ),
)}
${section(
  'Stuck or slow',
  list(
    verdicts.map(
      (one) =>
        `${one.method} ${one.url}: ${one.verdict}, the same frames in ${one.same} of ${one.samples} samples${one.own ? `, at ${placeText(one.own)}` : ''}`,
    ),
  ),
)}
${section(
  'Stacks',
  captures
    .map((capture, index) => {
      const threads = shownThreads(capture, incident).map(
        (thread) => `<h4>${safe(threadTitle(thread, capture))}</h4><pre>${safe(frameLines(thread))}</pre>`,
      );
      const open = index === captures.length - 1 ? ' open' : '';
      return `<details${open}><summary>${safe(captureTitle(capture))}</summary>${threads.join('\n')}</details>`;
    })
    .join('\n'),
)}
${section('Log', log.length === 0 ? '' : `<pre>${log.map((entry) => `<span class="${entry.level}">${safe(logLine(entry).split('\n'))}</span>`).join('\n')}</pre>`)}
${section('Figures', table(FIGURE_HEADS, figureRows(incident)))}
${section(
  'Processes',
  table(
    ['pid', 'role', 'label', 'state', 'CPU', 'memory', 'threads', 'since'],
    processes.map((row) => [
      String(row.pid),
      row.role,
      row.label,
      row.state,
      percent(row.cpu),
      bytes(row.rss),
      String(row.threads),
      moment(row.startedAt),
    ]),
  ),
)}
</body>
</html>
`;
}

const ENTITIES: Record<string, string> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;'};

/** Escaped; what is invisible or would reorder the text is shown by a mark, as on the screen. */
function safe(text: string | readonly string[]): string {
  const lines = typeof text === 'string' ? text.split('\n') : text;
  return lines.map((line) => safeText(line).replaceAll(/[&<>"']/g, (found) => ENTITIES[found]!)).join('\n');
}

function section(title: string, body: string): string {
  return body === '' ? '' : `<section><h2>${title}</h2>\n${body}</section>`;
}

function list(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `<ul>${lines.map((line) => `<li>${safe(line)}</li>`).join('')}</ul>`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const cells = (row: readonly string[], tag: string) => row.map((cell) => `<${tag}>${safe(cell)}</${tag}>`).join('');
  return `<div class="wide"><table><thead><tr>${cells(heads, 'th')}</tr></thead><tbody>${rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('\n')}</tbody></table></div>`;
}
