import type {ServerPlan} from '../plan/server-plan.ts';
import {quote, section} from './quote.ts';

/** URL paths of the script that --browser-reload puts into pages, and of the file that it asks for. */
const FOLDER = '/__wsgideck__';
const NAMES = ['reload.js', 'live.txt'];

/** What a proxy on this machine says about those it asks for: they are not on this machine. */
const FORWARDED = ['Forwarded', 'X-Forwarded-For', 'X-Real-IP', 'X-Client-IP', 'X-Forwarded-Host', 'Via'];

const LOOPBACK = `(-R '127.0.0.0/8' || -R '::1')`;

/** Before other aliases: the more special path has to come first. */
export function livePagesSection({browserReload, paths}: ServerPlan): string {
  if (!browserReload) return '';
  return section(
    'Pages that load again by themselves',
    NAMES.map((name) => `Alias ${quote(`${FOLDER}/${name}`)} ${quote(`${paths.pages}/${name}`)}`),
  );
}

/** After the access rules of the whole site, whose password is not asked for here: for whoever sits at this machine, and nobody else. */
export function livePagesAccess({browserReload}: ServerPlan): string {
  if (!browserReload) return '';
  const direct = FORWARDED.map((name) => `-z req_novary('${name}')`).join(' && ');
  return section('Access to the script of such pages', [
    `<LocationMatch "^${FOLDER}/(?:reload\\.js|live\\.txt)$">`,
    `    Require expr "${LOOPBACK} && ${direct}"`,
    '</LocationMatch>',
  ]);
}

/** Words at the end of CustomLog: a question per second and page of ours is no visit. */
export function withoutLivePages({browserReload}: ServerPlan): string {
  return browserReload ? ` "expr=!(%{REQUEST_URI} =~ m#^${FOLDER}/(?:reload\\.js|live\\.txt)$# && ${LOOPBACK})"` : '';
}
