/**
 * What a planned fault waits for, in words. The words tell entries of a timeline apart: a fault whose event never came
 * has none. Pure. Read next: shell/fault-runner.ts (who waits), experiment-result.ts (who asks what came).
 */
import type { TimelineDefinition } from './lab.ts';
import type { TimelineEntry } from './result/schema.ts';

export function triggerOf(planned: TimelineDefinition<string>): string {
  if (!('when' in planned)) return `at ${planned.atMs} ms`;
  const { service, event, occurrence = 1 } = planned.when;
  return `${service} announces ${event}, occurrence ${occurrence}`;
}

/** The planned faults in their order, each with its entry; without those that did not come and need not. */
export function expectedFaults(
  timeline: readonly TimelineDefinition<string>[],
  entries: readonly TimelineEntry[],
): { planned: TimelineDefinition<string>; entry: TimelineEntry | undefined }[] {
  return timeline.flatMap((planned) => {
    const trigger = triggerOf(planned);
    const entry = entries.find((one) => one.fault === planned.fault && one.trigger === trigger);
    if (entry === undefined && 'when' in planned && planned.mayNotCome === true) return [];
    return [{ planned, entry }];
  });
}
