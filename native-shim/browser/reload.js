/**
 * Loads the page again when other code is live on the server than the one that made it. Apache answers the question from a file, and only that
 * nothing has changed as long as that is so; a page that nobody sees does not ask.
 */
(() => {
  const own = document.currentScript;
  const made = /^(\S+) (\d+)$/.exec(own?.dataset.live ?? '');
  if (!made) return;
  const address = new URL('live.txt', own.src).href;
  const EVERY = 1000;
  let styles = made[2];
  let timer;

  const again = () => {
    clearTimeout(timer);
    if (document.visibilityState === 'visible') timer = setTimeout(look, EVERY);
  };

  const look = async () => {
    clearTimeout(timer);
    let answer;
    try {
      answer = await fetch(address, {cache: 'no-cache', redirect: 'error', signal: AbortSignal.timeout(5000)});
    } catch {
      // The server is being restarted; or it is gone, and somebody may start it again.
      return again();
    }
    const now = /^(\S+) (\d+)\s*$/.exec(answer.ok ? await answer.text().catch(() => '') : '');
    // Another server has its place, or the option was left out this time.
    if (!now) return answer.ok || answer.status < 500 ? undefined : again();
    if (now[1] !== made[1] && !hasLoadedFor(now[1])) return location.reload();
    if (now[2] !== styles) {
      styles = now[2];
      for (const link of document.querySelectorAll('link[rel~="stylesheet"][href]')) renew(link);
    }
    return again();
  };

  /** Notes it. Somebody between here and the server may hand out the old page again and again: once is enough for each code. */
  const hasLoadedFor = (code) => {
    const key = `wsgideck ${location.href}`;
    try {
      const before = sessionStorage.getItem(key);
      sessionStorage.setItem(key, code);
      return before === code;
    } catch {
      // Storage is switched off: then nobody keeps pages either.
      return false;
    }
  };

  /** The new sheet is put beside the old one, which goes when the new one is there: the page does not flicker. */
  const renew = (link) => {
    const url = new URL(link.href);
    if (url.origin !== location.origin) return;
    url.searchParams.set('wsgideck', `${made[1]}.${styles}`);
    const next = link.cloneNode();
    next.href = url.href;
    next.addEventListener('load', () => link.remove(), {once: true});
    next.addEventListener('error', () => next.remove(), {once: true});
    link.after(next);
  };

  document.addEventListener('visibilitychange', () => (document.visibilityState === 'visible' ? look() : clearTimeout(timer)));
  addEventListener('pageshow', (event) => event.persisted && look());
  again();
})();
