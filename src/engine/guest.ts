import type { Guest, MachineConfig } from '#contract'

const memoryMbPerCpu: Readonly<Record<string, number>> = { shared: 256, performance: 2048 }

/** The size of a machine with all that its config leaves out, as Fly fills it in: from `size`, else one shared CPU. */
export function guestOf(config: MachineConfig): Guest & { memory_mb: number } {
  const preset = presetOf(config['size'])
  const kind = config.guest?.cpu_kind || preset?.kind || 'shared'
  const cpus = config.guest?.cpus || preset?.cpus || 1
  const memoryMb = config.guest?.memory_mb || cpus * (memoryMbPerCpu[kind] ?? 256)
  return { ...config.guest, cpu_kind: kind, cpus, memory_mb: memoryMb }
}

/** `shared-cpu-2x`, `performance-4x`. */
function presetOf(size: unknown): { kind: string; cpus: number } | undefined {
  const [, kind, cpus] = /^(shared|performance)-(?:cpu-)?(\d{1,2})x$/.exec(String(size ?? '')) ?? []
  return kind === undefined ? undefined : { kind, cpus: Number(cpus) }
}
