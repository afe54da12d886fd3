/**
 * What this lab uses of redlock 5.0.0-beta.2. Its own types cannot be found through its "exports", and they name the
 * clients of ioredis 4.
 */
declare module 'redlock' {
  import type { EventEmitter } from 'node:events';
  import type { Redis } from 'ioredis';

  export interface Settings {
    readonly driftFactor: number;
    readonly retryCount: number;
    readonly retryDelay: number;
    readonly retryJitter: number;
    readonly automaticExtensionThreshold: number;
  }

  export interface ExecutionStats {
    readonly membershipSize: number;
    readonly quorumSize: number;
    readonly votesFor: Set<Redis>;
    readonly votesAgainst: Map<Redis, Error>;
  }

  export interface Lock {
    readonly resources: string[];
    readonly value: string;
    readonly attempts: readonly Promise<ExecutionStats>[];
    /** Unix time in milliseconds by the caller's clock. */
    expiration: number;
    release(): Promise<{ attempts: readonly Promise<ExecutionStats>[] }>;
    extend(durationMs: number): Promise<Lock>;
  }

  export class ResourceLockedError extends Error {}

  export class ExecutionError extends Error {
    readonly attempts: readonly Promise<ExecutionStats>[];
  }

  export default class Redlock extends EventEmitter {
    constructor(clients: Iterable<Redis>, settings?: Partial<Settings>);
    acquire(resources: string[], durationMs: number, settings?: Partial<Settings>): Promise<Lock>;
    release(lock: Lock, settings?: Partial<Settings>): Promise<{ attempts: readonly Promise<ExecutionStats>[] }>;
    extend(lock: Lock, durationMs: number, settings?: Partial<Settings>): Promise<Lock>;
    using<T>(
      resources: string[],
      durationMs: number,
      settings: Partial<Settings>,
      routine: (signal: AbortSignal & { error?: Error }) => Promise<T>,
    ): Promise<T>;
    using<T>(
      resources: string[],
      durationMs: number,
      routine: (signal: AbortSignal & { error?: Error }) => Promise<T>,
    ): Promise<T>;
  }
}
