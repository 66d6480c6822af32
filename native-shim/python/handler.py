"""Serves the application inside Apache and remembers, per thread, which request it is on.

Contract with the generated ROOT/handler.wsgi, which consists of exactly this:

    SETTINGS = {...}
    with open(PATH, 'rb') as source:        # PATH = ROOT/wsgideck/handler.py
        exec(compile(source.read(), PATH, 'exec'))

SETTINGS (all paths absolute; keys marked * may be left out)
    application_type   'script' (a file, whatever its name) or 'module' (a dotted name)
    script             the file, or the dotted module name
    callable_object    name of the WSGI callable in it, normally 'application'
    mount_point        URL prefix of the application, '/' for none
    working_directory  put first on sys.path unless already there; also the first folder that counts as the application's own
    reload_scripts     True: a changed script makes mod_wsgi restart the daemon process at the next request
    run_directory      ROOT/wsgideck/run: 0700, owned by the user the daemons run as
    threads *          worker threads of one process (default: mod_wsgi.threads_per_process)
    environment *      {name: value} put into os.environ before the application is loaded

agent.py and handler.py lie in the same folder (ROOT/wsgideck/); the socket is agent.sock beside them. Load order: handler.wsgi first
(WSGIImportScript), agent.py after it, both in the same process group and application group.
A load that fails raises out of handler.wsgi: mod_wsgi logs it, answers 500 and tries again at the next request.
"""
