/**
 * The table of contents of this lab: what is asked, built, broken, measured and claimed.
 *
 * Symbols: λ ratePerSecond, T timeoutMs, W windowMs, p errorThreshold, R resetMs.
 * Read next: src/contract.ts, then src/variants/.
 */
import { defineLab, experiment, postControl, warmUpWithGets } from '@backend-labs/experiment';
import { dependencyInFlight, gatewayInFlight, hangFacts, opening, probes, resolutionMs } from './src/measures.ts';

const hang = experiment({
  question: 'A dependency stops answering for a while. Who holds how many requests, and who still sends it more?',
  parameters: {
    ratePerSecond: 200,
    serviceMs: 20,
    timeoutMs: 500,
    windowMs: 2000,
    errorThreshold: 0.5,
    resetMs: 1000,
    hangMs: 1500,
    hangAtMs: 2500,
    healAtMs: 8500,
    durationMs: 10_500,
  },
  // λ·W stays above 100 and the window is full before the fault: with fewer calls in it, when the breaker opens is
  // a matter of luck. The hang lasts more than 3 × hangMs, so that what is in flight has settled.
  quick: {
    ratePerSecond: 150,
    timeoutMs: 300,
    windowMs: 1000,
    resetMs: 400,
    hangMs: 600,
    hangAtMs: 1200,
    healAtMs: 3700,
    durationMs: 4400,
  },
  workload: ({ ratePerSecond, durationMs, hangMs, serviceMs }) => ({
    arrivals: 'constant',
    ratePerSecond,
    durationMs,
    // The caller is patient: it is the gateway's policy that is judged.
    timeoutMs: 3 * (hangMs + serviceMs),
  }),
  operation: ({ urlOf }) => ({ kind: 'http', url: new URL('/quote', urlOf('gateway')).href }),
  services: ({ parameters, variantFile }) => [
    {
      name: 'dependency',
      entry: 'src/dependency/main.ts',
      environment: () => ({ SERVICE_MS: String(parameters.serviceMs) }),
      watch: {
        gauges: { working: { up: 'circuit-breaker.work-started', down: 'circuit-breaker.work-ended' } },
        events: ['circuit-breaker.work-started'],
      },
    },
    {
      name: 'gateway',
      entry: 'src/gateway/main.ts',
      environment: (urlOf) => ({
        DEPENDENCY_URL: urlOf('dependency'),
        POLICY_FILE: variantFile,
        TIMEOUT_MS: String(parameters.timeoutMs),
        WINDOW_MS: String(parameters.windowMs),
        ERROR_THRESHOLD_PERCENT: String(100 * parameters.errorThreshold),
        RESET_MS: String(parameters.resetMs),
      }),
    },
  ],
  warmUp: ({ urlOf, signal }) => warmUpWithGets(new URL('/quote', urlOf('gateway')), signal),
  hops: [
    { from: 'load', to: 'gateway' },
    { from: 'gateway', to: 'dependency' },
  ],
  timeline: ({ hangAtMs, healAtMs }) => [{ fault: 'hang', atMs: hangAtMs, healAtMs }],
  resolutionMs,
  properties: {
    'gateway holds λ·hang': gatewayInFlight.nearHang,
    'gateway holds λ·T': gatewayInFlight.nearTimeout,
    'gateway holds at most λ·T': gatewayInFlight.atMostTimeout,
    'dependency works on λ·hang': dependencyInFlight.nearHang,
    'opens at T + p·W': opening,
    'one probe per R + T': probes,
  },
  claims: [
    {
      id: 'no-timeout-holds-the-hang',
      statement: 'Without a timeout, the gateway holds λ·hang requests: the dependency decides how many.',
      property: 'gateway holds λ·hang',
      variant: 'none',
      control: 'timeout',
    },
    {
      id: 'timeout-bounds-the-gateway',
      statement: 'With a timeout, the gateway holds λ·T requests, however long the dependency hangs.',
      property: 'gateway holds λ·T',
      variant: 'timeout',
      control: 'none',
    },
    {
      id: 'timeout-does-not-relieve-the-dependency',
      statement: 'A timeout does not relieve the dependency: it works on λ·hang requests, as without one.',
      property: 'dependency works on λ·hang',
      variant: 'timeout',
      control: 'breaker',
    },
    {
      id: 'breaker-bounds-the-gateway',
      statement: 'With a breaker, the gateway holds at most λ·T requests.',
      property: 'gateway holds at most λ·T',
      variant: 'breaker',
      control: 'none',
    },
    {
      id: 'breaker-opens-on-schedule',
      statement: 'The breaker opens T + p·W after the dependency hangs: not at once, and not by luck.',
      property: 'opens at T + p·W',
      variant: 'breaker',
      control: 'timeout',
    },
    {
      id: 'breaker-probes-once',
      statement: 'While the breaker is open, at most one probe per R + T reaches the dependency.',
      property: 'one probe per R + T',
      variant: 'breaker',
      control: 'timeout',
    },
  ],
  facts: hangFacts,
  plots: [
    { series: 'gateway.http.inFlight', title: 'Requests that the gateway holds', unit: 'requests' },
    { series: 'dependency.working', title: 'Requests that the dependency works on', unit: 'requests' },
    { series: 'dependency.circuit-breaker.work-started', title: 'Calls that reach the dependency', unit: 'per 250 ms' },
  ],
});

export default defineLab({
  name: 'circuit-breaker',
  question: 'What does a breaker buy when a dependency fails, and when does it make things worse?',
  needs: {},
  variants: {
    none: { file: 'src/variants/none.ts', summary: 'call and wait' },
    timeout: { file: 'src/variants/timeout.ts', summary: 'give up after T' },
    breaker: { file: 'src/variants/breaker.ts', summary: 'opossum: timeout, breaker, fallback' },
  },
  faults: {
    hang: {
      inject: (context) => postControl(context, 'dependency', '/control', { hangMs: context.parameters.hangMs }),
      heal: (context) => postControl(context, 'dependency', '/control', { hangMs: 0 }),
    },
  },
  experiments: { hang },
  headlineClaim: 'breaker-opens-on-schedule',
});
