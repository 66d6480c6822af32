/** When mod_wsgi gives up, in words: the rule of the version that runs, with its figures. */
import type {ActiveRequest, InstanceInfo} from '../../src/model/events.ts';
import {selectCountdown, type Countdown} from '../../src/model/select-countdown.ts';
import {isStopped} from '../../src/model/select-stopped.ts';
import {countdown, duration, plural} from '../../src/terminal/format.ts';
import type {Snapshot} from '../store/snapshot.ts';

/** Of the whole server: the sentence, and for narrow terminals its figures alone. */
export function limitSentences({rule, limit}: Pick<Countdown, 'rule' | 'limit'>, info: InstanceInfo | null): string[] {
  if (info?.foreign)
    return ['from outside nobody sees which process serves a request: no countdown', 'no countdown from outside', 'no countdown'];
  if (info === null || rule === 'unknown') return ['the server has not told its limits yet', 'limits not known yet'];
  if (rule === 'off') {
    return info.processes === 0
      ? ['embedded mode: mod_wsgi never gives up on a request', 'embedded mode: no limit']
      : ['no request timeout: mod_wsgi never gives up on a request', 'no request timeout'];
  }
  const {modWsgi, requestTimeout, threads} = info;
  if (rule === 'request') {
    const sum = `${Math.round(limit)} s = ${requestTimeout} s × (1 + ln ${threads})`;
    return [`mod_wsgi ${modWsgi} gives up on each after ${sum} threads`, `limit ${sum}`];
  }
  return [
    `mod_wsgi ${modWsgi} ends a process when its requests' ages, averaged over ${plural(threads, 'thread')}, pass ${requestTimeout} s`,
    `limit: ages of a process / ${threads} > ${requestTimeout} s`,
    `limit ${requestTimeout} s on average`,
  ];
}

/** Of one request: how long it still has, and by which rule; from long to short. */
export function countdownSentences(request: ActiveRequest, s: Pick<Snapshot, 'state' | 'now'>): string[] {
  const {info, requests} = s.state;
  const rule = selectCountdown(s.state);
  const left = rule.left(request, s.now);
  if (isStopped(s.state.processes, request.pid))
    return ['its process is stopped: no time limit runs until it continues', 'stopped: no time limit runs'];
  if (info === null || left === null) return limitSentences(rule, info);
  const {requestTimeout, threads, modWsgi} = info;
  const major = modWsgi.split('.')[0]!;
  if (rule.rule === 'request') {
    const sum = `${requestTimeout} s × (1 + ln ${plural(threads, 'thread')}) = ${Math.round(rule.limit)} s on ${major}.x`;
    return [
      `mod_wsgi gives up on it in ${countdown(left)}: ${sum}`,
      `gives up in ${countdown(left)}: ${sum}`,
      `gives up in ${countdown(left)} of ${Math.round(rule.limit)} s`,
    ];
  }
  const busy = requests.filter((one) => one.pid === request.pid);
  const ages = busy.reduce((sum, one) => sum + Math.max(0, s.now - one.startedAt), 0);
  const average = `${duration(ages)} of ages / ${plural(threads, 'thread')} = ${duration(ages / Math.max(1, threads))}, limit ${requestTimeout} s on ${major}.x`;
  return [
    `mod_wsgi ends its process in ${countdown(left)}: ${average}`,
    `process ends in ${countdown(left)}: ${average}`,
    `its process ends in ${countdown(left)}`,
  ];
}

/** The first that fits, else the last. */
export function fitting(sentences: readonly string[], cells: number): string {
  return sentences.find((one) => one.length <= cells) ?? sentences.at(-1)!;
}
