/** What runs a lab: the engine's shell, for the command line and for tests. */
export * from './exit-code.ts';
