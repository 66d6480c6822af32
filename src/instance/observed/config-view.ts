import type {ConfigView, EffectiveOption} from '../../model/commands.ts';
import {readRegular} from '../../express/regular-file.ts';
import type {ConfigFiles} from './config-files.ts';
import {readServerConfig} from './server-config.ts';

const LIMIT = 1024 * 1024;

/** What was understood of an Apache's configuration, all its files taken together, and the text of the main one. */
export function configView(found: ConfigFiles): ConfigView {
  const config = readServerConfig(found);
  const file = found.files[0] ?? '';
  const text = readRegular(file, LIMIT);
  const row =
    (area: string, help: string) =>
    (name: string, value: string): EffectiveOption => ({name, area, value, given: true, help});
  const group = row('daemon processes', 'a process group of this server, and the options of its line');
  const application = row('applications', 'where it is mounted, and the process group it runs in');
  const log = row('logs', 'where this log goes, and the virtual host it is of');
  const address = row('network', 'address and port that the server listens on');
  const options = [
    ...config.groups.map((one) =>
      group(`WSGIDaemonProcess ${one.name}`, [...one.options].map(([key, value]) => (value === '' ? key : `${key}=${value}`)).join(' ')),
    ),
    ...config.applications.map((one) =>
      application(
        `WSGIScriptAlias ${one.url}`,
        [one.script, one.group === null ? 'embedded' : `in ${one.group}`, one.host === null ? '' : `at ${one.host}`].join(' ').trim(),
      ),
    ),
    ...config.errorLogs.map((one) => log('ErrorLog', [one.target, one.host ?? ''].join(' ').trim())),
    ...config.accessLogs.map((one) => log('CustomLog', [one.target, one.host ?? ''].join(' ').trim())),
    log('LogLevel', config.logLevel),
    ...config.listens.map((one) => address('Listen', `${one.host === null ? '' : `${one.host}:`}${one.port}`)),
    ...(config.status === null ? [] : [address('mod_status', config.status.path)]),
  ];
  return {
    options,
    file,
    lines: text?.split('\n') ?? [],
    ...(text === null ? {error: 'the configuration may not be read by this user'} : {}),
  };
}
