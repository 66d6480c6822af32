/** One incident for people and programs outside: JSON, Markdown for a ticket, one page of HTML that needs nothing else. Pure. */
import type {IncidentFormat} from '../../model/commands.ts';
import type {Incident} from '../../model/incidents.ts';
import {htmlReport} from './html.ts';
import {markdownReport} from './markdown.ts';

/** @returns the text, and the suffix of a file that holds it. */
export function reportOf(incident: Incident, format: IncidentFormat): {text: string; suffix: 'json' | 'md' | 'html'} {
  if (format === 'markdown') return {text: markdownReport(incident), suffix: 'md'};
  if (format === 'html') return {text: htmlReport(incident), suffix: 'html'};
  return {text: `${JSON.stringify(incident, null, 2)}\n`, suffix: 'json'};
}
