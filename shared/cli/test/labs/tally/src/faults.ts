/** The faults of these labs. */
import { type FaultContext, pauseService } from '@backend-labs/experiment';

async function slow({ urlOf, signal }: FaultContext, byMs: number): Promise<void> {
  const response = await fetch(new URL('/control/slow', urlOf('list')), { method: 'POST', body: String(byMs), signal });
  await response.arrayBuffer();
}

export const faults = {
  slow: {
    inject: (context: FaultContext) => slow(context, 60),
    heal: (context: FaultContext) => slow(context, 0),
  },
  pause: pauseService('list'),
  'pause-bystander': pauseService('bystander'),
};
