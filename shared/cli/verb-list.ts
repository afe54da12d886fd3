/**
 * The verbs, as data: `./lab` and `--help` show them without loading one.
 *
 * Contract: `verbs/NAME.ts` exports `register(program: Command): void`, which adds the command NAME with its options,
 * its examples (`addHelpText('after', …)`) and an async action. An action sets `process.exitCode` or throws.
 */
export const VERBS = [
  { name: 'list', summary: 'the labs, their questions, and what they found' },
  { name: 'run', summary: 'run a lab and judge its claims' },
  { name: 'up', summary: 'start a lab’s servers and services, for poking by hand' },
  { name: 'down', summary: 'end what up started' },
  { name: 'status', summary: 'what is up, where, and whether it answers' },
  { name: 'logs', summary: 'what the services and servers that are up have printed' },
  { name: 'doctor', summary: 'what this machine has, and what each lab needs' },
  { name: 'test', summary: 'static checks, tests, and every lab in its quick profile' },
  { name: 'fire', summary: 'send an open-model load to any url' },
  { name: 'compare', summary: 'two results, side by side' },
  { name: 'report', summary: 'a result as terminal text, HTML, or the READMEs’ tables and plots' },
  { name: 'verify', summary: 'check that READMEs, reference results and sources still agree' },
  { name: 'bench', summary: 'prove the load generator against arithmetic and k6' },
  { name: 'new', summary: 'make a lab that runs and passes at once' },
  { name: 'clean', summary: 'remove what runs left behind; with --all everything that was fetched' },
] as const;
