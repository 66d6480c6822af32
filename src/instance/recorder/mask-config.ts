import type {ConfigView} from '../../model/commands.ts';
import {MASK, maskText} from '../incidents/mask.ts';

/** `SetEnv NAME value`, and what passes for it among the options: a name and a value with only a blank between them. */
const SET = /^(\s*(?:SetEnv|RequestHeader set)\s+)(\S+)(\s+)(.+)$/i;
const PAIRED = /^--(?:setenv|.*(?:password|secret|key))$/;

/** Options and configuration without what the application is told in secret. */
export function maskConfig(view: ConfigView): ConfigView {
  return {
    ...view,
    options: view.options.map((one) => (PAIRED.test(one.name) ? {...one, value: one.value.split(', ').map(maskPair).join(', ')} : one)),
    lines: view.lines.map((line) => {
      const set = SET.exec(line);
      return set === null ? maskText(line) : `${set[1]}${set[2]}${set[3]}${maskValue(set[2]!, set[4]!)}`;
    }),
  };
}

function maskPair(pair: string): string {
  const at = pair.indexOf(' ');
  return at < 0 ? pair : `${pair.slice(0, at + 1)}${maskValue(pair.slice(0, at), pair.slice(at + 1))}`;
}

function maskValue(name: string, value: string): string {
  const bare = value.replace(/^["']|["']$/g, '');
  return maskText(`${name}=${bare}`) === `${name}=${bare}` ? maskText(value) : MASK;
}
