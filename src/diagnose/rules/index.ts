import type {LogRule} from '../rule.ts';
import {apacheConfigRules} from './apache-config.ts';
import {apacheStartRules} from './apache-start.ts';
import {clientRules} from './clients.ts';
import {databaseRules} from './database.ts';
import {daemonEndRules} from './daemon-ends.ts';
import {daemonStartRules} from './daemon-start.ts';
import {daemonTalkRules} from './daemon-talk.ts';
import {djangoRules} from './django.ts';
import {exceptionRules} from './exceptions.ts';
import {pythonLoadRules} from './python-load.ts';
import {resourceRules} from './resources.ts';
import {tlsRules} from './tls.ts';
import {wsgiProtocolRules} from './wsgi-protocol.ts';

/** All that is known of logs, in order: of several that fit one line the first is the best. */
export const logRules: readonly LogRule[] = [
  ...resourceRules,
  ...tlsRules,
  ...apacheStartRules,
  ...apacheConfigRules,
  ...daemonStartRules,
  ...daemonTalkRules,
  ...daemonEndRules,
  ...clientRules,
  ...wsgiProtocolRules,
  ...pythonLoadRules,
  ...djangoRules,
  ...databaseRules,
  // Last, because its end catches every exception that nobody knows.
  ...exceptionRules,
];
