/**
 * What training leaves on a screen and on disk, for Node.
 *
 * @packageDocumentation
 */

export type { CheckpointOptions } from './checkpoint';
export { ModelCheckpoint } from './checkpoint';
export type { LogOptions } from './log';
export { JsonLinesLog } from './log';
export type { ProgressOptions, TextStream } from './progress';
export { ProgressBar } from './progress';
export type { ChartOptions, Series } from './report/chart';
export { lineChart } from './report/chart';
export type { ContourOptions, SurfacePath } from './report/contour';
export { contourChart } from './report/contour';
export type { PageOptions } from './report/html';
export { escapeHtml, renderPage, table } from './report/html';
export { pngDataUri } from './report/picture';
export type { Picture, ReportOptions } from './report/report';
export { renderReport, writeReport } from './report/report';
export type { RunCheckpointOptions } from './run-checkpoint';
export { latestRun, loadRun, RunCheckpoint, saveRun } from './run-checkpoint';
