import type {Bus} from './bus.ts';
import type {InstancePlan} from './instance-plan.ts';
import type {FileChange, Slots} from './slots/index.ts';
import type {Supervisor} from './supervisor.ts';

/**
 * Reloads when the application's files change, until closed.
 * @param since when the running code was loaded, in milliseconds since the epoch.
 * @param pages with --browser-reload, what is told of style sheets, scripts and pictures.
 * @param imports what knows which files the application has imported.
 */
export async function watchCode(
  watch: NonNullable<InstancePlan['watch']>,
  since: number,
  bus: Bus,
  supervisor: Supervisor,
  imports: Pick<Slots, 'news' | 'onImported'> | null,
  pages: {assets(files: readonly string[]): void} | null = null,
): Promise<{close(): Promise<void>}> {
  // Loaded only now: most servers do not watch, and the start does not wait for it.
  const [{watchSources}, {watchRoots}] = await Promise.all([import('./watcher.ts'), import('./watch-roots.ts')]);
  const {include, exclude} = watch;
  const apart = bus.state().info?.serverRoot ?? '';
  const onChange = (files: string[], changes: FileChange[]) => {
    if (imports === null) return void supervisor.reload(files);
    void imports.news(changes).then((news) => news.length > 0 && supervisor.reload(news));
  };
  const onProblem = (text: string, remedy: string) => bus.put({type: 'notice', key: 'watch', severity: 'warn', text, remedy});
  const roots = watchRoots(watch.roots, include, exclude);
  const watchers = await Promise.all(
    roots.map((root) =>
      watchSources({
        root,
        include,
        exclude,
        apart,
        since,
        onChange,
        onProblem,
        ...(pages ? {onAssets: (files: string[]) => pages.assets(files)} : {}),
      }),
    ),
  );
  // The first watch takes what is in none of the folders.
  const watchOf = (file: string) => watchers[roots.findIndex((root, index) => index > 0 && file.startsWith(`${root}/`))] ?? watchers[0];
  imports?.onImported((files, loaded) => {
    for (const file of files) watchOf(file)?.also([file], loaded);
  });
  return {
    async close() {
      await Promise.all(watchers.map((one) => one.close()));
    },
  };
}
