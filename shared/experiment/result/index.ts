/** The result format, for whoever reads or writes results. */
export * from './parse.ts';
export * from './schema.ts';
export * from './seal.ts';
