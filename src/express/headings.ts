import type {Area} from './options/option.ts';

/** What an area of options is called in --help and in the documentation. */
export const HEADINGS: Readonly<Record<Area, string>> = {
  application: 'Application',
  network: 'Network',
  https: 'HTTPS',
  access: 'Access control',
  proxies: 'Proxies',
  'static files': 'Static files',
  capacity: 'Capacity',
  timeouts: 'Timeouts (seconds; 0 for no limit)',
  reload: 'Reloading',
  logging: 'Logging',
  python: 'Python',
  services: 'Service scripts',
  telemetry: 'Figures and telemetry',
  debug: 'Debugging and profiling',
  identity: 'Users, names and places',
  dashboard: 'Dashboard',
  removed: 'Given up by mod_wsgi-express',
};
