// Runs machines: commands as process groups, built-in services as instances in a service host; the image catalogue, figures and logs.
// Implements the Runtime and Probe that the engine declares; decides nothing about states.
export { Catalogue, type CatalogueEntry } from './catalogue.ts'
export { runServiceHost } from './hosted/host.ts'
export { HostedServices } from './hosted/runtime.ts'
export { LogBook } from './logs/log-book.ts'
export { createProbe } from './probe.ts'
export { createCommandImage } from './process/command-image.ts'
export type { ProcessCommand, ProcessImage } from './process/image.ts'
export { memoryOf, processTree } from './process/proc.ts'
export { createProcessRuntime } from './process/runtime.ts'
export { createRuntime } from './runtime.ts'
