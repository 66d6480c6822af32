import {argvZero, httpdArguments} from '../httpd-command.ts';
import type {ServerPlan} from '../plan/server-plan.ts';

/** A word for the shell. */
const word = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** The generated apachectl: controls this server without wsgideck. */
export function apachectlScript(plan: ServerPlan): string {
  const interpreter = plan.shell;
  const name = interpreter.endsWith('bash') ? `-a ${word(argvZero(plan))} ` : '';
  const httpd = [plan.httpd.path, ...httpdArguments(plan)].map(word).join(' ');
  return `#!${interpreter}
# Written by wsgideck; each start writes it anew.
# Usage: apachectl start|stop|restart|graceful|graceful-stop|configtest|status, or any arguments of httpd.

LANG=${word(plan.locale.name)}
LC_ALL=${word(plan.locale.name)}
export LANG LC_ALL

if [ -f ${word(plan.paths.envvars)} ]; then
    . ${word(plan.paths.envvars)}
fi

cd ${word(plan.application.workingDirectory)} || exit 1

action=$1
case "$action" in
start|stop|restart|graceful|graceful-stop)
    exec ${name}${httpd} -k "$@"
    ;;
configtest)
    exec ${httpd} -t
    ;;
status)
    pid=$(cat ${word(plan.paths.pidFile)} 2>/dev/null)
    if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then
        echo "running: pid $pid, ${plan.info.url}"
    else
        echo "not running: ${plan.info.url}"
        exit 3
    fi
    ;;
*)
    exec ${httpd} "$@"
    ;;
esac
`;
}
