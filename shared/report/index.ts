/**
 * What a run says, to people: on the terminal, in READMEs, as charts and as one HTML file.
 *
 * Everything is pure except writeReport and project/, which read and write files.
 */
export { type Comparison, compareResults } from './compare/index.ts';
export { renderComparison } from './compare/terminal.ts';
export { renderHtml } from './html/index.ts';
export { labsTable, renderMarkdown } from './markdown/index.ts';
export { findSections, type Problem, replaceSections, type Section } from './markdown/sections.ts';
export { plotFileName, renderPlots } from './plot/index.ts';
export { type CommandCheck, type CommandLike, checkCommands, type LabNames } from './project/commands.ts';
export { type GeneratedFiles, generatedFiles } from './project/generated.ts';
export { type Lab, labsOf } from './project/labs.ts';
export { readGivenResult } from './project/read-given.ts';
export { type VerifyOptions, verifyProject } from './project/verify.ts';
export { serialiseJson, serialiseResult } from './serialise.ts';
export { renderTerminal, type TerminalOptions } from './terminal/index.ts';
export { ReportWriteError, writeReport, writeWhole } from './write.ts';
