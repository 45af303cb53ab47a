import type { LaunchSpec, Runtime } from '#engine'
import type { Clock } from '#kernel'
import type { Catalogue, ImageRuntime } from './catalogue.ts'
import { runtimeErrors } from './errors.ts'
import { sweepProcesses } from './process/sweep.ts'

export interface RuntimeOptions {
  readonly catalogue: Catalogue
  readonly homeId: string
  readonly clock: Clock
}

/** The engine's Runtime: sends each call to what runs that machine's image. */
export function createRuntime({ catalogue, homeId, clock }: RuntimeOptions): Runtime {
  const byMachine = new Map<string, ImageRuntime>()
  const of = (spec: Pick<LaunchSpec, 'machineId' | 'image'>) => {
    const runtime = catalogue.runtimeOf(spec)
    byMachine.set(spec.machineId, runtime)
    return runtime
  }
  const known = (machineId: string) => {
    const runtime = byMachine.get(machineId)
    if (!runtime) throw runtimeErrors.notRunning(machineId)
    return runtime
  }
  return {
    resolve: image => catalogue.resolve(image),
    addressOf: (spec, internalPort) => catalogue.runtimeOf(spec).addressOf(spec, internalPort),
    start: async (spec, onExit, signal) => of(spec).start(spec, onExit, signal),
    adopt: async (spec, handle, onExit) => of(spec).adopt(spec, handle, onExit),
    // Nothing of a machine that was never started here is left to stop.
    stop: async (machineId, options) => byMachine.get(machineId)?.stop(machineId, options),
    suspend: async machineId => known(machineId).suspend(machineId),
    resume: async machineId => known(machineId).resume(machineId),
    signal: async (machineId, signal) => known(machineId).signal(machineId, signal),
    exec: async (spec, input) => of(spec).exec(spec, input),
    processes: async machineId => byMachine.get(machineId)?.processes(machineId) ?? [],
    stats: async machineId => byMachine.get(machineId)?.stats(machineId),
    sweep: tokens => sweepProcesses(homeId, tokens, clock),
  }
}
