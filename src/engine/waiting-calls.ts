import type { MachinesApi } from '#contract'

/** Calls whose writes do not wait for the disk. All others wait before they act: what they take away cannot be brought back. */
const unhurried = [
  'createApp',
  'assignIp',
  'setSecrets',
  'createVolume',
  'updateVolume',
  'extendVolume',
  'createMachine',
  'startMachine',
  'stopMachine',
  'suspendMachine',
  'restartMachine',
] as const satisfies readonly (keyof MachinesApi)[]

/**
 * The same calls for whoever tells others of them: what they changed is on disk when they resolve. The event loop goes on meanwhile, and calls
 * that end together wait once. `synced` is the store's.
 */
export function waitingCalls(api: MachinesApi, synced: () => Promise<void>): MachinesApi {
  const waiting = unhurried.map(name => {
    const call = api[name] as (...values: unknown[]) => Promise<unknown>
    return [
      name,
      async (...values: unknown[]) => {
        const result = await call.apply(api, values)
        await synced()
        return result
      },
    ]
  })
  return { ...api, ...Object.fromEntries(waiting) }
}
