import type {ServerPlan} from '../plan/server-plan.ts';
import {quote, section} from './quote.ts';

/** Seconds between two reports to us. A process that ends waits for its reporter: with more, stopping takes that much longer. */
const REPORT_EVERY = 0.5;

/** Figures for the application, for people and for a telemetry receiver. */
export function telemetrySection({options, telemetry, phases, paths}: ServerPlan): string {
  return section('Status and telemetry', [
    ...(options.serverMetrics || options.serverStatus ? ['ExtendedStatus On'] : []),
    ...(options.serverMetrics ? ['WSGIServerMetrics On'] : []),
    ...(options.serverStatus ? ['<Location /server-status>', '    SetHandler server-status', '    Require local', '</Location>'] : []),
    ...(telemetry === null ? [] : [`WSGITelemetryService ${quote(telemetry)} interval=${options.telemetryInterval}`]),
    // Only under a supervisor: nobody else reads there.
    ...(phases === 'datagrams'
      ? ['<IfDefine WSGIDECK>', `    WSGITelemetryService ${quote(`unix:${paths.timesSocket}`)} interval=${REPORT_EVERY}`, '</IfDefine>']
      : []),
    ...(options.slowRequests === null ? [] : [`WSGISlowRequests ${options.slowRequests}`]),
    ...options.telemetryOptions.map((words) => `WSGITelemetryOptions ${words.trim().split(/\s+/).map(quote).join(' ')}`),
  ]);
}
