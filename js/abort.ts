// AbortSignals: many calls may wait for one signal, which carries one listener meanwhile, and none afterwards.

interface Watch {
  readonly actions: Set<() => void>;
  readonly listener: () => void;
}

const watches = new WeakMap<AbortSignal, Watch>();

/** Calls `action` when `signal` is aborted, unless the returned function is called before. Neither may throw. */
export function onAbort(signal: AbortSignal, action: () => void): () => void {
  const { actions } = watches.get(signal) ?? watch(signal);
  // A function of its own for each call, so that the same one twice counts twice.
  const entry = (): void => action();
  actions.add(entry);
  return () => {
    if (actions.delete(entry) && actions.size === 0) unwatch(signal);
  };
}

function watch(signal: AbortSignal): Watch {
  const actions = new Set<() => void>();
  const listener = (): void => {
    unwatch(signal);
    for (const action of actions) action();
  };
  const watch = { actions, listener };
  watches.set(signal, watch);
  signal.addEventListener("abort", listener);
  return watch;
}

function unwatch(signal: AbortSignal): void {
  const watch = watches.get(signal);
  if (watch === undefined) return;
  watches.delete(signal);
  signal.removeEventListener("abort", watch.listener);
}
