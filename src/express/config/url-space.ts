import {dirname, basename} from 'node:path';
import type {ServerPlan} from '../plan/server-plan.ts';
import {scriptPlace} from './place.ts';
import {escapePattern, quote, section} from './quote.ts';

/** Types that matter to a browser, for systems that have no list of their own. */
const BASIC_TYPES = [
  'AddType text/html .html .htm',
  'AddType text/css .css',
  'AddType text/javascript .js .mjs',
  'AddType text/plain .txt',
  'AddType application/json .json',
  'AddType image/svg+xml .svg',
  'AddType image/png .png',
  'AddType image/jpeg .jpg .jpeg',
  'AddType image/gif .gif',
  'AddType image/webp .webp',
  'AddType image/x-icon .ico',
  'AddType font/woff2 .woff2',
];

const COMPRESSED = [
  'text/plain',
  'text/html',
  'text/xml',
  'text/css',
  'text/javascript',
  'application/xhtml+xml',
  'application/javascript',
  'application/json',
];

/** Files are served first, everything else below the mount point goes to the application. */
export function documentsSection(plan: ServerPlan): string {
  const {options, paths, application} = plan;
  const override = options.allowOverride.length > 0 ? options.allowOverride.join(' ') : 'None';
  return section('Documents', [
    ...(plan.mimeTypes === null ? ['TypesConfig /dev/null', ...BASIC_TYPES] : [`TypesConfig ${quote(plan.mimeTypes)}`]),
    '<Directory />',
    '    AllowOverride None',
    '    Require all denied',
    '</Directory>',
    `<Directory ${quote(paths.root)}>`,
    `    <Files ${quote(basename(paths.handler))}>`,
    '        Require all granted',
    '    </Files>',
    '</Directory>',
    `DocumentRoot ${quote(paths.documentRoot)}`,
    `<Directory ${quote(paths.documentRoot)}>`,
    `    AllowOverride ${override}`,
    '    Require all granted',
    ...(options.directoryIndex === null ? [] : [`    DirectoryIndex ${quote(options.directoryIndex)}`]),
    ...(options.directoryListing ? ['    Options +Indexes'] : []),
    ...(options.withCgi ? ['    Options +ExecCGI'] : []),
    '    RewriteEngine On',
    // A .htaccess file with rules of its own would otherwise switch these off below it.
    '    RewriteOptions InheritDownBefore',
    `    Include ${quote(paths.rewrite)}`,
    ...(application.type === 'static' ? [] : toApplication(plan)),
    '</Directory>',
    ...(options.compressResponses ? [`AddOutputFilterByType DEFLATE ${COMPRESSED.join(' ')}`] : []),
    ...options.errorDocuments.map(([status, url]) => `ErrorDocument ${quote(status)} ${quote(url)}`),
  ]);
}

/** What is no file goes to the application; where there is none, Apache answers. */
function toApplication({options, application}: ServerPlan): string[] {
  const mount = application.mountPoint;
  return [
    ...(mount === '/' ? [] : [`    RewriteCond %{REQUEST_URI} ${quote(`^${escapePattern(mount)}(?:/|$)`)}`]),
    '    RewriteCond %{REQUEST_FILENAME} !-f',
    ...(options.directoryIndex === null && !options.directoryListing ? [] : ['    RewriteCond %{REQUEST_FILENAME} !-d']),
    ...(options.serverStatus ? ['    RewriteCond %{REQUEST_URI} !^/server-status$'] : []),
    '    RewriteRule .* - [H=wsgi-handler]',
  ];
}

/** Programs in place of files: by extension, for files that exist. */
export function handlersSection(plan: ServerPlan): string {
  const {options, paths} = plan;
  const place = scriptPlace(plan);
  return section('Handlers', [
    ...plan.resources.flatMap(({extension, file}, index) => [
      `WSGIHandlerScript wsgi-resource-${index} ${quote(file)} ${place}`,
      `AddHandler wsgi-resource-${index} ${quote(extension)}`,
    ]),
    ...(options.withCgi ? ['AddHandler cgi-script .cgi'] : []),
    ...(plan.modules.load.includes('cgid') ? [`ScriptSock ${quote(`${paths.deck}/cgi.sock`)}`] : []),
    ...(options.withPhp5 ? ['AddHandler application/x-httpd-php .php'] : []),
  ]);
}

/** mod_wsgi's site; below /page/ are its pages in the version that it shows first. */
const DOCS_SITE = 'https://modwsgi.readthedocs.io/';

/**
 * mod_wsgi's documentation: as it is installed, or the same page on its site. Where no copy is installed the original has nothing there (measured: 404 with
 * 4.9.4, 403 with 6.1.1; neither package brings one).
 */
export function docsSection({options, docs}: ServerPlan): string {
  if (!options.enableDocs) return '';
  return section('Documentation', [
    // A proxy for everything would be asked first.
    ...(options.proxyMountPoints.length === 0 ? [] : ['ProxyPass /__wsgi__/docs !']),
    ...(docs === null
      ? [
          `RedirectMatch "^/__wsgi__/docs/?$" ${quote(DOCS_SITE)}`,
          // Not quoted by us: the $ is the directive's own.
          `RedirectMatch "^/__wsgi__/docs/(.+)$" "${DOCS_SITE}page/$1"`,
        ]
      : [
          'RedirectMatch "^/__wsgi__/docs$" "/__wsgi__/docs/"',
          `Alias /__wsgi__/docs/ ${quote(`${docs}/`)}`,
          `<Directory ${quote(docs)}>`,
          '    DirectoryIndex index.html',
          '    Require all granted',
          '</Directory>',
        ]),
  ]);
}

/** --url-alias. The more special path has to come first, as Apache takes the first that fits. */
export function aliasesSection(plan: ServerPlan): string {
  const override = plan.options.allowOverride.length > 0 ? plan.options.allowOverride.join(' ') : 'None';
  const sorted = plan.aliases.toSorted((a, b) => (a.url < b.url ? 1 : a.url > b.url ? -1 : 0));
  return section(
    'Aliases',
    sorted.flatMap(({url, target, isFile}) => {
      const alias = `Alias ${quote(url)} ${quote(target)}`;
      return isFile
        ? [
            alias,
            `<Directory ${quote(dirname(target))}>`,
            `    <Files ${quote(basename(target))}>`,
            '        Require all granted',
            '    </Files>',
            '</Directory>',
          ]
        : [alias, `<Directory ${quote(target)}>`, `    AllowOverride ${override}`, '    Require all granted', '</Directory>'];
    }),
  );
}

/** Variables for the WSGI environ. */
export function environSection(plan: ServerPlan): string {
  return section('Variables of the WSGI environ', [
    ...plan.options.setenv.map(([name, value]) => `SetEnv ${quote(name)} ${quote(value)}`),
    ...plan.options.passenv.map((name) => `PassEnv ${quote(name)}`),
  ]);
}

/** --include-file, last so that it can refer to and override everything above. */
export function includesSection(plan: ServerPlan): string {
  return section(
    'Included files',
    plan.includeFiles.map((file) => `Include ${quote(file)}`),
  );
}
