/** Admits tasks in the order of their calls: shared ones together, exclusive ones alone. */
export interface ReadWriteLock {
  /** The task's result; it runs while other shared tasks may run. */
  shared<T>(task: () => Promise<T>): Promise<T>;
  /** The task's result; it runs while nothing else does. */
  exclusive<T>(task: () => Promise<T>): Promise<T>;
}

interface Waiting {
  readonly isExclusive: boolean;
  readonly start: () => void;
}

/** A lock among the asynchronous tasks of one thread, first come first served, so that neither kind starves. */
export function createReadWriteLock(): ReadWriteLock {
  const waiting: Waiting[] = [];
  let sharing = 0;
  let isTaken = false;

  function admit(): void {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (isTaken || (next.isExclusive && sharing > 0)) return;
      waiting.shift();
      if (next.isExclusive) isTaken = true;
      else sharing++;
      next.start();
    }
  }

  async function run<T>(isExclusive: boolean, task: () => Promise<T>): Promise<T> {
    await new Promise<void>((start) => {
      waiting.push({ isExclusive, start });
      admit();
    });
    try {
      return await task();
    } finally {
      if (isExclusive) isTaken = false;
      else sharing--;
      admit();
    }
  }

  return { shared: (task) => run(false, task), exclusive: (task) => run(true, task) };
}
