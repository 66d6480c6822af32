/** Why a command that draws a screen cannot: what is wrong with this terminal, and what works without one. */
export function noScreen(command: string, instead: string): string {
  if (process.env['TERM'] === 'dumb') return `${command} draws a whole screen, which this terminal (TERM=dumb) cannot show; ${instead}`;
  return `${command} needs a terminal in the foreground; standard input or output is none (${instead})`;
}
