import {quote} from '../../express/config/quote.ts';
import {logLevel} from '../../express/config/logging.ts';
import {DECK_ACCESS_FORMAT} from '../../express/log-formats.ts';

export interface IncludeOptions {
  agentScript: string;
  accessLog: string;
  processGroup: string;
  /** As in WSGIImportScript, `%{GLOBAL}` for the main interpreter. */
  applicationGroup: string;
  /** The level as the user gave it to the original. */
  logLevel: string;
}

/**
 * What is added to the original's configuration through --include-file. Everything is guarded by what the file it is included in defines itself:
 * without daemon processes (debug and embedded mode) naming one would be an error.
 */
export function includeFile(options: IncludeOptions): string {
  const level = logLevel(options.logLevel);
  const group = options.applicationGroup === '%{GLOBAL}' ? '%{GLOBAL}' : quote(options.applicationGroup);
  return [
    '# Added by wsgideck for as long as it supervises this server.',
    // See config/quote.ts.
    'Define WSGIDECK_DOLLAR $',
    ...(level === options.logLevel.trim().toLowerCase() ? [] : ['LogLevel wsgi:info']),
    '<IfModule !log_config_module>',
    "LoadModule log_config_module '${MOD_WSGI_MODULES_DIRECTORY}/mod_log_config.so'",
    '</IfModule>',
    '<IfModule logio_module>',
    `CustomLog ${quote(options.accessLog)} "${DECK_ACCESS_FORMAT}"`,
    '</IfModule>',
    '<IfModule !logio_module>',
    `CustomLog ${quote(options.accessLog)} "${DECK_ACCESS_FORMAT.replace('%O', '%B')}"`,
    '</IfModule>',
    '<IfDefine !ONE_PROCESS>',
    '<IfDefine !EMBEDDED_MODE>',
    `WSGIImportScript ${quote(options.agentScript)} process-group=${quote(options.processGroup)} application-group=${group}`,
    '</IfDefine>',
    '</IfDefine>',
    '',
  ].join('\n');
}
