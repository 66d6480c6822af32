/** What the sections of the generated httpd.conf are for. A section begins with its heading, a comment after a blank line. Pure. */

/** One sentence for each heading that the generator writes; with its heading it fits in two rows of 60 cells. */
export const SECTION_PURPOSES: Readonly<Record<string, string>> = {
  Modules: 'The parts of Apache that are needed, and no others; first, as they bring the directives below.',
  Server: 'Its folder, pid file and name, and the user that its processes run as.',
  Network: 'Where it listens, and how long it waits for a client that sends or takes nothing.',
  Capacity: "Apache's own processes and threads, which take connections and wait for the application.",
  Logs: 'Where errors and requests are written; the access log in our own form gives the figures here.',
  'Python and the daemon processes': 'What runs the application: processes, threads, timeouts, Python.',
  Documents: 'What is served as a file, and the rule that hands everything else to the application.',
  Documentation: 'The documentation of mod_wsgi under /__wsgi__/docs.',
  'Pages that load again by themselves': 'The script in them, and the file that it asks for (--browser-reload).',
  Aliases: 'URL paths that are files or folders elsewhere on the disk (--url-alias).',
  Handlers: 'Scripts that answer for files with a certain extension (--add-handler), and CGI.',
  Access: 'Who may use the server: scripts that look at the host or the password.',
  'Access to the script of such pages': 'For a browser on this machine only (--browser-reload).',
  'Status and telemetry': 'Figures that the server gives to monitoring.',
  Proxies: 'Paths that other servers answer for, and which proxies in front of this one are believed.',
  'Variables of the WSGI environ': 'What --setenv and --passenv add to the environ of each request.',
  'Host names': 'Which host names are served, on which port, with or without HTTPS.',
  'The application': 'The script that answers requests, loaded at the start; and the agent for this screen.',
  Services: 'Processes that serve no requests but run a script of yours (--service-script).',
  'Names for included files': "The original's names of options in effect, for <IfDefine>.",
  'Included files': 'Files of yours (--include-file); last, so that they can override what is above.',
};

/** The heading on a line, null for a line that is none. */
export function headingAt(lines: readonly string[], index: number): string | null {
  const heading = /^# (\S.*)$/.exec(lines[index] ?? '')?.[1];
  return heading !== undefined && index > 0 && lines[index - 1] === '' ? heading : null;
}

/** The section that a line belongs to, null above the first. */
export function sectionOf(lines: readonly string[], index: number): string | null {
  for (let at = Math.min(index, lines.length - 1); at > 0; at--) {
    const heading = headingAt(lines, at);
    if (heading !== null) return heading;
  }
  return null;
}

/** Line numbers, counted from 0, of all headings. */
export function headings(lines: readonly string[]): number[] {
  return lines.flatMap((_line, index) => (headingAt(lines, index) === null ? [] : [index]));
}
