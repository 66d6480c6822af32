import {argvZero, httpdArguments} from '../httpd-command.ts';
import {LIBRARY_VARIABLE, originalVariables} from '../original-names.ts';
import type {ServerPlan} from '../plan/server-plan.ts';

/** A word for the shell. */
const word = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/**
 * The generated apachectl: controls this server without wsgideck and without Node, with whatever POSIX shell there is. What it does with
 * each word is the original's: the first five go to `httpd -k` with all further arguments, anything unknown goes to httpd as it is.
 * It looks after two things that httpd does not: a wsgideck that runs the server, and a pid file whose number belongs to another process by now.
 */
export function apachectlScript(plan: ServerPlan): string {
  const {paths, shell} = plan;
  const name = shell.endsWith('bash') ? `-a ${word(argvZero(plan))} ` : '';
  const httpd = [plan.httpd.path, ...httpdArguments(plan)].map(word).join(' ');
  const gdb = plan.debug?.gdb;
  const {user, group} = plan.runNames;
  const variables = Object.entries(originalVariables(plan)).map(([variable, value]) => `${variable}=${word(value)}`);
  const {libraries} = plan.httpd;
  const library =
    libraries === undefined
      ? ''
      : `\n# The libraries of this Apache.\n${LIBRARY_VARIABLE}=${word(libraries)}\${${LIBRARY_VARIABLE}:+:$${LIBRARY_VARIABLE}}\nexport ${LIBRARY_VARIABLE}\n`;
  const start = gdb ? `exec ${word(gdb)} -q -ex run --args ${httpd} -k "$@"` : 'httpd -k "$@"';
  return `#!${shell}
# Written by wsgideck; each start writes it anew.
# Usage: apachectl start|stop|restart|graceful|graceful-stop [arguments of httpd]
#        apachectl configtest|status
#        apachectl any other arguments of httpd (without any: -h)

conf=${word(paths.conf)}
pid_file=${word(paths.pidFile)}
lock=${word(paths.lock)}
envvars=${word(paths.envvars)}
url=${word(plan.info.url)}

# For included files, $envvars and the application; the names are mod_wsgi-express's.
${variables.join('\n')}
MOD_WSGI_USER=\${MOD_WSGI_USER:-\${WSGI_RUN_USER:-${word(user)}}}
MOD_WSGI_GROUP=\${MOD_WSGI_GROUP:-\${WSGI_RUN_GROUP:-${word(group)}}}
export ${Object.keys(originalVariables(plan)).join(' ')}
export MOD_WSGI_USER MOD_WSGI_GROUP
${library}
LANG=${word(plan.locale.name)}
LC_ALL=${word(plan.locale.name)}
export LANG LC_ALL

[ ! -f "$envvars" ] || . "$envvars"

# The environment wins over the options, but the files here are for one user only.
same_user() {
    set_up_for=${word(`${user}:${group}`)}
    [ "$MOD_WSGI_USER:$MOD_WSGI_GROUP" = "$set_up_for" ] || [ "$(id -u)" != 0 ] ||
        refuse "the environment asks for $MOD_WSGI_USER:$MOD_WSGI_GROUP, but this server was set up for $set_up_for; set it up again"
}

# Becomes Apache.
httpd() {
    exec ${name}${httpd} "$@"
}

refuse() {
    echo "apachectl: error: $*" >&2
    exit 1
}

# Is wsgideck running this server: sets pid. Its lock holds its number and start time, because numbers are used again.
under_wsgideck() {
    [ -r "$lock" ] && read -r pid began kind <"$lock" && kill -0 "$pid" 2>/dev/null || return 1
    [ -n "$began" ] && [ -r "/proc/$pid/stat" ] || return 0
    stat=$(cat "/proc/$pid/stat" 2>/dev/null) || return 1
    set -- \${stat##*) }
    [ "$1" != Z ] && [ "\${20}" = "$began" ]
}

# Does this server's Apache run: sets pid.
running() {
    [ -r "$pid_file" ] && read -r pid <"$pid_file" && [ -n "$pid" ] || return 1
    [ -r /proc/self/cmdline ] || { kill -0 "$pid" 2>/dev/null; return; }
    [ -r "/proc/$pid/cmdline" ] && tr '\\0' '\\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -Fqx -e "$conf"
}

# Apache takes any living process with that number for itself, and then does not start (or is not stopped).
forget_stale_pid() {
    if [ -f "$pid_file" ] && ! running; then
        rm -f "$pid_file" || refuse "$pid_file is left over from an earlier run and cannot be removed; remove it"
    fi
}

cd ${word(plan.application.workingDirectory)} || exit 1

case "$1" in
start)
    under_wsgideck && refuse "wsgideck (pid $pid) runs this server; stop it first: $0 stop"
    same_user
    forget_stale_pid
    ${start}
    ;;
stop)
    # wsgideck stops Apache, and says on its screen that it was asked to.
    if under_wsgideck; then kill -TERM "$pid"; exit; fi
    forget_stale_pid
    httpd -k "$@"
    ;;
graceful-stop)
    forget_stale_pid
    httpd -k "$@"
    ;;
restart|graceful)
    if ! running; then
        under_wsgideck && refuse "wsgideck (pid $pid) is about to start this server; try again when it runs"
        forget_stale_pid
    fi
    httpd -k "$@"
    ;;
configtest)
    httpd -t
    ;;
status)
    if ! running; then
        echo "not running: $url"
        exit 3
    fi
    apache=$pid
    if under_wsgideck; then
        echo "running: pid $apache, $url, under wsgideck (pid $pid)"
    else
        echo "running: pid $apache, $url"
    fi
    ;;
'')
    httpd -h
    ;;
*)
    httpd "$@"
    ;;
esac
`;
}
