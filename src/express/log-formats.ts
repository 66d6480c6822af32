/**
 * The two log formats that we choose. The log parsers in src/sources/ rely on the shapes shown here.
 */

/**
 * Shape of an error log line: Apache's own default for threaded servers, plus `[request ID]` in front of the client.
 * A piece that has no value is left out together with its brackets (Apache drops a whole blank-separated field, hence the
 * escaped blanks), so lines that belong to no request look exactly as they do by default. Measured on Apache 2.4.71 with
 * mod_wsgi 6.1.1:
 *
 * ```
 * [Fri Nov 20 10:07:49.707998 2026] [wsgi:info] [pid 7465:tid 140225016235904] Starting daemon process 'localhost:8123' with …
 * [Fri Nov 20 10:07:50.736772 2026] [wsgi:error] [pid 7465:tid 140224894064320] [request Y6SxahKgPq4] [client 127.0.0.1:37434] [script /r/htdocs/x] said by print()
 * [Fri Nov 20 10:07:50.756625 2026] [wsgi:error] [pid 7465:tid 140224894064320] [request 1/KxahKhPq4] [client 127.0.0.1:37456] WSGI0174: [script /r/htdocs/x] ValueError …
 * ```
 *
 * An operating system error, where there is one, stands before the request: `(104)Connection reset by peer: [request …] [client …] text`.
 * The request's ID is the same as `mod_wsgi.request_id`, the key in `mod_wsgi.active_requests` and the access log's `%L`.
 * Lines that Apache writes before it has read its configuration, and all lines when the user gives --error-log-format, have another shape.
 */
export const ERROR_LOG_FORMAT = '[%{u}t] [%-m:%l] [pid %P:tid %T] %7F: %E: [request\\ %L] [client\\ %a] %M% ,\\ referer\\ %{Referer}i';

/**
 * Our private access log, `ROOT/wsgideck/access.log`: nine fields separated by tabs, one line a finished request.
 *
 * | field | example | meaning |
 * |---|---|---|
 * | `%{end:usec}t` | `1795169270747037` | when the last byte was written, microseconds since the epoch |
 * | `%D` | `1076` | microseconds from the request's first line to its last byte |
 * | `%>s` | `200` | final status |
 * | `%O` | `141` | bytes sent with headers; `%B` (without headers) where mod_logio is not available |
 * | `%X` | `+` | right behind them: `X` when the client was gone before it had its whole answer, else `+` or `-` |
 * | `%L` | `Y6SxahKgPq4` | request id; `-` when the request got none |
 * | `%a` | `127.0.0.1` | client |
 * | `%P` | `7466` | pid of the MPM child that served it (not the daemon's) |
 * | `%m` | `GET` | method; `-` when the request line could not be read |
 * | `%U%q` | `/a\tb\x1bc\"?q=%1b&k=a%20b` | decoded path, query string as sent |
 *
 * Apache escapes quotes, backslashes, control and 8-bit characters in it (`\t`, `\x1b`), so a tab or newline never comes from a client.
 */
export const DECK_ACCESS_FORMAT = ['%{end:usec}t', '%D', '%>s', '%O%X', '%L', '%a', '%P', '%m', '%U%q'].join('\\t');
