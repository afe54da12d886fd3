/** What a service needs and no reader cares for: environment, log, health, shutdown. */
export { EnvironmentError, parseEnvironment, portSchema } from './environment.ts';
export type { Logger } from './logger.ts';
export { type RunningService, runService, type ServiceOptions } from './run-service.ts';
