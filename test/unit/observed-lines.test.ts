import {expect, test} from 'vitest';
import {accessLineParser} from '../../src/instance/observed/log-line.ts';
import {parseScoreboard} from '../../src/instance/observed/server-status.ts';

const COMMON = '%h %l %u %t "%r" %>s %b';
const TIME = '[20/Nov/2026:10:09:58 +0000]';
const at = Date.UTC(2026, 10, 20, 10, 9, 58);

test.each([
  [COMMON, `10.0.0.1 - joe ${TIME} "GET /a?b=c HTTP/1.1" 200 12`, {url: '/a?b=c', status: 200, bytes: 12, micros: 0}, false],
  [
    `%v:%p ${COMMON.replace('%b', '%O')} "%{Referer}i" "%{User-Agent}i"`,
    `a.test:80 10.0.0.1 - - ${TIME} "GET / HTTP/1.1" 404 - "-" "x \\"y\\""`,
    {url: '/', status: 404, bytes: 0},
    false,
  ],
  [`${COMMON} %D`, `10.0.0.1 - - ${TIME} "GET /slow HTTP/1.1" 200 5 1500000`, {url: '/slow', micros: 1_500_000}, true],
  [`${COMMON} %T`, `10.0.0.1 - - ${TIME} "GET /slow HTTP/1.1" 200 5 3`, {micros: 3_000_000}, true],
  [`${COMMON} %{ms}T`, `10.0.0.1 - - ${TIME} "GET /slow HTTP/1.1" 200 5 250`, {micros: 250_000}, true],
  ['%h %t %m %U%q %s', `10.0.0.1 ${TIME} POST /with space?q=1 201`, {method: 'POST', url: '/with', status: 201}, false],
])('%s', (format, line, fields, timed) => {
  const parser = accessLineParser(format)!;
  const entry = parser.parse(line)!;
  expect(entry).toMatchObject({source: 'access', at, client: '10.0.0.1', access: fields});
  expect(parser.timed).toBe(timed);
  expect(entry.text.endsWith('s')).toBe(timed);
});

test('a line that is another thing, a request that is none, a format that says too little', () => {
  const parser = accessLineParser(COMMON)!;
  expect(parser.parse('[Fri Nov 20 10:07:49 2026] [core:notice] x')).toBeNull();
  expect(parser.parse(`10.0.0.1 - - ${TIME} "GET /cut`)).toBeNull();
  expect(parser.parse(`10.0.0.1 - - ${TIME} "\\x16\\x03\\x01" 400 226`)?.access).toMatchObject({
    method: '-',
    url: '\u0016\u0003\u0001',
    status: 400,
  });
  expect(accessLineParser('%h %{User-Agent}i')).toBeNull();
});

test('a hostile line of a hundred thousand characters is read in an instant', () => {
  const parser = accessLineParser(`%v:%p ${COMMON} "%{Referer}i" "%{User-Agent}i"`)!;
  const before = process.cpuUsage();
  for (const piece of ['a ', '" ', '\\" ', ': ']) parser.parse(piece.repeat(50_000));
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(2000);
});

/** As Apache 2.4.71 (event) writes it, shortened. */
const PAGE = (
  rows: string,
) => `<html><head><title>Apache Status</title></head><body><h1>Apache Server Status for localhost (via 127.0.0.1)</h1>
<dl><dt>Total accesses: 41 - Total Traffic: 3 kB - Total Duration: 90</dt></dl>
<pre>____W_WR_K
..........</pre>
<table border="0"><tr><th>Srv</th></tr>
${rows}
</table></body></html>`;
const ROW = (mode: string, request: string, seconds = 7) =>
  `<tr><td><b>0-0</b></td><td>9225</td><td>1/0/0</td><td>${mode}\n</td><td>0.00</td><td>${seconds}</td><td>0</td><td>0</td><td>0.0</td><td>0.00</td><td>0.00\n</td><td>127.0.0.1</td><td>http/1.1</td><td nowrap>a.test:80</td><td nowrap>${request}</td></tr>`;

test('the status page: workers, and the requests that they are at', () => {
  const rows = [
    ROW('<b>W</b>', 'GET /status?wsgideck HTTP/1.0', 0),
    ROW('<b>W</b>', 'POST /a?x=1&amp;y=2 HTTP/1.1'),
    ROW('_', 'GET /over HTTP/1.1'),
    ROW('<b>R</b>', 'GET /old HTTP/1.1'),
  ].join('\n');
  const board = parseScoreboard(PAGE(rows), '/status')!;
  expect(board).toMatchObject({busy: 3, idle: 6, accesses: 41, extended: true});
  expect(board.requests).toEqual([
    {pid: 9225, slot: '0-0.1', method: 'POST', url: '/a?x=1&y=2', seconds: 7, client: '127.0.0.1', host: 'a.test:80'},
  ]);
  expect(parseScoreboard('<html><pre>____</pre>something else</html>', '/status')).toBeNull();
});
