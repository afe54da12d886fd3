/** The names of what stands in every experiment. */
export const TELLERS = ['teller-1', 'teller-2'] as const;
/** The process that faults stop, block and kill. */
export const VICTIM = TELLERS[0];
export const NODES = ['redis-1', 'redis-2', 'redis-3', 'redis-4', 'redis-5'] as const;
