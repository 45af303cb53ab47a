// A client of Fly's Machines API: api.machines.dev, or the engine of this machine over HTTP. Paced to Fly's limits.
// Decides nothing: who calls knows what should be done.
export { flyErrors } from './errors.ts'
export { createFlyTarget, type FlyTarget } from './target.ts'
