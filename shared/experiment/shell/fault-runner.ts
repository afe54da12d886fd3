/**
 * Injects the faults of a timeline and heals each of them, whatever happens in between.
 *
 * A timed fault follows the clock. A fault at an event starts when the probe reports that a service holds itself at
 * the announced step: that process is stopped right there, the fault is injected, and the process goes on (unless the
 * fault is about that very process).
 * Invariant: after finish(), every fault that was asked for has been healed or its healing has been tried.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '@backend-labs/load';
import type { FaultContext, FaultDefinition, TimelineDefinition } from '../lab.ts';
import type { TimelineEntry } from '../result/schema.ts';
import { triggerOf } from '../trigger.ts';
import { isUnavailable, type VariantServers } from './run-servers.ts';
import type { ServiceProcess } from './service-process.ts';

const HEAL_DEADLINE_MS = 5000;

export interface FaultRunnerOptions {
  timeline: readonly TimelineDefinition<string>[];
  faults: Record<string, FaultDefinition>;
  parameters: Readonly<Record<string, number>>;
  services: ReadonlyMap<string, ServiceProcess>;
  servers: Pick<VariantServers, 'server' | 'proxy' | 'access'>;
  startAtMonotonicMs: number;
  signal: AbortSignal;
  onFault: (entry: TimelineEntry, what: 'injected' | 'healed') => void;
}

export interface FaultRunner {
  /** In the order of the timeline's definition; a fault at an event that never came stays unasked and is left out. */
  entries(): TimelineEntry[];
  /** The same, but with null in the place of a fault that was never asked for. */
  played(): (TimelineEntry | null)[];
  /** Errors of inject and heal, each naming its fault. */
  problems: string[];
  /** Why a fault cannot be had from these servers or on this machine, in the provider's words; null if each could. */
  unavailable(): string | null;
  /** A service reports that it holds itself; `atMs` is on the monotonic clock. */
  held(service: string, at: { event: string; occurrence: number; atMs: number }): void;
  /** Cancels what has not begun and heals what has. */
  finish(): Promise<void>;
}

export function startFaults(options: FaultRunnerOptions): FaultRunner {
  const entries: (TimelineEntry | null)[] = options.timeline.map(() => null);
  const problems: string[] = [];
  let unavailable: string | null = null;
  const ended = new AbortController();
  const stop = AbortSignal.any([options.signal, ended.signal]);
  const nowMs = () => monotonicMs() - options.startAtMonotonicMs;
  const running: Promise<void>[] = [];

  /** False if the run ended first. Never early, which a single timer of Node's can be by a millisecond or two. */
  async function untilMs(atMs: number): Promise<boolean> {
    try {
      do await delay(Math.max(0, Math.ceil(atMs - nowMs())), undefined, { signal: stop });
      while (nowMs() < atMs);
      return true;
    } catch {
      return false;
    }
  }

  /** Injects, waits, heals. Once injection was asked for, healing always is. */
  async function play(
    index: number,
    fault: string,
    { trigger, askedAtMs }: { trigger: string; askedAtMs: number },
    healAtMs: () => number,
    afterInject?: () => Promise<void>,
  ) {
    const definition = options.faults[fault] as FaultDefinition;
    const entry: TimelineEntry = {
      fault,
      trigger,
      askedAtMs,
      effectiveAtMs: null,
      healAskedAtMs: null,
      healedAtMs: null,
    };
    entries[index] = entry;
    try {
      try {
        await definition.inject(contextOf(options, stop));
        entry.effectiveAtMs = nowMs();
        options.onFault(entry, 'injected');
      } finally {
        // After a failed injection too: nobody else lets a held service go on.
        await afterInject?.();
      }
      await untilMs(healAtMs());
    } catch (error) {
      if (isUnavailable(error as Error)) unavailable = (error as Error).message;
      problems.push(`fault ${fault} could not be injected: ${(error as Error).message}`);
    } finally {
      entry.healAskedAtMs = nowMs();
      try {
        await definition.heal(contextOf(options, AbortSignal.timeout(HEAL_DEADLINE_MS)));
        entry.healedAtMs = nowMs();
        options.onFault(entry, 'healed');
      } catch (error) {
        problems.push(`fault ${fault} could not be healed: ${(error as Error).message}`);
      }
    }
  }

  options.timeline.forEach((planned, index) => {
    if ('when' in planned) return;
    running.push(
      untilMs(planned.atMs).then((due) =>
        due
          ? play(index, planned.fault, { trigger: triggerOf(planned), askedAtMs: nowMs() }, () => planned.healAtMs)
          : undefined,
      ),
    );
  });

  return {
    entries: () => entries.filter((entry) => entry !== null),
    played: () => entries,
    problems,
    unavailable: () => unavailable,
    held(service, { event, occurrence, atMs }) {
      const index = options.timeline.findIndex(
        (planned, at) => 'when' in planned && entries[at] === null && matches(planned.when, service, event, occurrence),
      );
      const planned = options.timeline[index];
      const holder = options.services.get(service);
      if (planned === undefined || !('when' in planned) || holder === undefined) return;
      const aboutHolder = options.faults[planned.fault]?.touches?.includes(service) ?? false;
      const goOn = aboutHolder ? undefined : () => holder.resume();
      // The load is over, or the run: the service is about to be ended, and a fault now would only hinder that.
      if (stop.aborted) return;
      // Asked for by the event, not when the engine gets to read of it: it may be busy or stopped itself.
      const asked = {
        trigger: triggerOf(planned),
        askedAtMs: atMs - options.startAtMonotonicMs,
      };
      const held = holder.untilHeld().catch((error: Error) => void problems.push(error.message));
      running.push(held.then(() => play(index, planned.fault, asked, () => nowMs() + planned.healAfterMs, goOn)));
    },
    async finish() {
      ended.abort();
      await Promise.all(running);
    },
  };
}

function matches(
  when: { service: string; event: string; occurrence?: number },
  service: string,
  event: string,
  occurrence: number,
) {
  return when.service === service && when.event === event && (when.occurrence ?? 1) === occurrence;
}

function contextOf(options: FaultRunnerOptions, signal: AbortSignal): FaultContext {
  const process = (name: string): ServiceProcess => {
    const found = options.services.get(name);
    if (found === undefined) throw new Error(`there is no service named ${name}`);
    return found;
  };
  return {
    signal,
    parameters: options.parameters,
    servers: options.servers.access,
    server: (name) => options.servers.server(name),
    proxy: (name) => options.servers.proxy(name),
    urlOf: (name) => process(name).url,
    pause: (name) => process(name).pause(),
    resume: (name) => process(name).resume(),
    kill: (name) => process(name).kill(),
    restart: (name) => process(name).restart(),
  };
}
