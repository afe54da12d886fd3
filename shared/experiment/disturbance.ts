/**
 * When a service was stopped or dead because of a fault, and not because of the machine. Pure.
 *
 * Read next: self-checks.ts (which leaves these spans out).
 */
import type { FaultDefinition, TimelineDefinition } from './lab.ts';
import type { Span } from './observation.ts';
import type { TimelineEntry } from './result/schema.ts';

/**
 * The spans, ms after the load's start. A fault that touches the service disturbs it until it is healed; a service
 * that was held at an event for a fault about something else, until that fault was injected.
 */
export function disturbancesOf(
  service: string,
  timeline: readonly TimelineDefinition<string>[],
  played: readonly (TimelineEntry | null)[],
  faults: Record<string, FaultDefinition>,
  elapsedMs: number,
): Span[] {
  return timeline.flatMap((planned, index) => {
    const entry = played[index] ?? null;
    if (entry === null) return [];
    const isTouched = faults[planned.fault]?.touches?.includes(service) ?? false;
    const isHeld = 'when' in planned && planned.when.service === service;
    if (isTouched) return [{ fromMs: entry.askedAtMs, toMs: entry.healedAtMs ?? elapsedMs }];
    // It goes on as soon as the fault is in; if that failed, at the latest when healing was asked for.
    return isHeld ? [{ fromMs: entry.askedAtMs, toMs: entry.effectiveAtMs ?? entry.healAskedAtMs ?? elapsedMs }] : [];
  });
}
