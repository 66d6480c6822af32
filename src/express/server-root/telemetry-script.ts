import type {ServerPlan} from '../plan/server-plan.ts';

/** The service that --enable-telemetry runs: the receiver of the package mod_wsgi-telemetry, with its web page on the loopback interface. */
export function telemetryScript({telemetry, options}: ServerPlan): string {
  const words = [
    '--listen',
    telemetry ?? '',
    '--http-host',
    '127.0.0.1',
    '--http-port',
    String(options.telemetryUiPort),
    '--log-level',
    'INFO',
  ];
  return `# Written by wsgideck; each start writes it anew.
from mod_wsgi.telemetry.server import main

main([${words.map((word) => JSON.stringify(word)).join(', ')}])
`;
}
