import type { Guest } from '#contract'
import type { FlyVm } from './schema.ts'
import { memoryMegabytes } from './sizes.ts'

const gpu = (gpu_kind: string): Guest => ({
  cpu_kind: 'performance',
  cpus: 8,
  memory_mb: 16 * 2048,
  gpu_kind,
  gpus: 1,
})

/** Fly's sizes (source: fly-go, `MachinePresets`). */
export const vmSizes: ReadonlyMap<string, Guest> = new Map([
  ...[1, 2, 4, 6, 8].map((cpus): [string, Guest] => [
    `shared-cpu-${cpus}x`,
    { cpu_kind: 'shared', cpus, memory_mb: cpus * 256 },
  ]),
  ...[1, 2, 4, 6, 8, 10, 12, 14, 16].map((cpus): [string, Guest] => [
    `performance-${cpus}x`,
    { cpu_kind: 'performance', cpus, memory_mb: cpus * 2048 },
  ]),
  ['a100-40gb', gpu('a100-pcie-40gb')],
  ['a100-80gb', gpu('a100-sxm4-80gb')],
  ['l40s', gpu('l40s')],
  ['a10', gpu('a10')],
])

/** Least and most memory per CPU, in MB. */
export const memoryPerCpu = {
  shared: { least: 256, most: 2048 },
  performance: { least: 2048, most: 8192 },
} as const

/** What a [[vm]] asks for: its size, then whatever else it names on top. An unknown size counts as the smallest. */
export function guestOf(vm: FlyVm, hostDedicationId?: string): Guest {
  const size = vm.size ?? (vm.gpu_kind ? 'performance-8x' : 'shared-cpu-1x')
  const guest: Record<string, unknown> = { ...(vmSizes.get(size) ?? vmSizes.get('shared-cpu-1x')) }
  if (hostDedicationId) guest['host_dedication_id'] = hostDedicationId
  if (vm.memory !== undefined) guest['memory_mb'] = memoryMegabytes(vm.memory) ?? guest['memory_mb']
  const { size: _size, memory: _memory, processes: _processes, ...named } = vm
  for (const [key, value] of Object.entries(named)) if (value !== undefined && value !== 0) guest[key] = value
  return guest as Guest
}
