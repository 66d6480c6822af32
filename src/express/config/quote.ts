/**
 * A word of Apache's configuration. Backslashes and quotes are escaped; `${` is broken up, because Apache replaces `${NAME}` everywhere, even in
 * quotes, and knows no escape for it. The name is defined in the first section of the file.
 */
export function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('${', '${WSGIDECK_DOLLAR}{')}"`;
}

/** Text for a regular expression that stands in the configuration. */
export const escapePattern = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** One section of the file: its heading and lines, or nothing when there are no lines. */
export function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `# ${title}\n${lines.join('\n')}\n`;
}
