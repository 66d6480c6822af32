import type {ServicePlan} from '../plan/service-plan.ts';
import type {ServerPlan} from '../plan/server-plan.ts';
import {logTarget} from './log-target.ts';
import {quote, section} from './quote.ts';

function service(plan: ServerPlan, {name, script, user, runner, log}: ServicePlan): string[] {
  const {application, paths, locale, options} = plan;
  const group = quote(`service:${name}`);
  const lines = [
    `WSGIDaemonProcess ${group} \\`,
    [
      'display-name=%{GROUP}',
      ...(user === null ? [] : [`user=${quote(user.name)}`, `group=${quote(user.group)}`]),
      `home=${quote(application.workingDirectory)}`,
      // No thread serves requests: the process is the script's own, and its end is the process's.
      'threads=0',
      ...(application.pythonPaths.length === 0 ? [] : [`python-path=${quote(application.pythonPaths.join(':'))}`]),
      // The folder belongs to the run user.
      ...(user === null ? [`python-eggs=${quote(paths.pythonEggs)}`] : []),
      `lang=${quote(locale.name)}`,
      `locale=${quote(locale.name)}`,
      ...(options.serverMetrics ? ['server-metrics=On'] : []),
    ]
      .map((setting) => `    ${setting}`)
      .join(' \\\n'),
    `WSGIImportScript ${quote(runner ?? script)} process-group=${group} application-group=%{GLOBAL}`,
  ];
  if (log === null) return lines;
  // A daemon process writes to the log of the virtual host that it is defined in; nothing is served by this one.
  return [
    `<VirtualHost *:${options.port}>`,
    `    ServerName ${quote(`_service_${name}_`)}`,
    '    <Location />',
    '        Require all denied',
    '    </Location>',
    `    ErrorLog ${logTarget(plan, log)}`,
    ...lines.map((line) => `    ${line}`),
    '</VirtualHost>',
  ];
}

/** Programs that run beside the application. Not in debug mode, where there is one process only. */
export function servicesSection(plan: ServerPlan): string {
  return section('Services', plan.mode === 'debug' ? [] : plan.services.flatMap((one) => service(plan, one)));
}
