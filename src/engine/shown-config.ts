import type { MachineConfig } from '#contract'
import { guestOf } from './guest.ts'
import type { VolumeRecord } from './records.ts'

/**
 * A config as Fly shows it: what was written, with the size and the volume's own figures filled in. Fly's clients read those without
 * asking whether they are there, and make the volume of a clone from what its mount says.
 */
export function shownConfig(
  config: MachineConfig,
  volumeOf: (id: string) => VolumeRecord | undefined,
): MachineConfig {
  return {
    ...config,
    guest: guestOf(config),
    ...(config.mounts ? { mounts: config.mounts.map(mount => shownMount(mount, volumeOf)) } : {}),
  }
}

function shownMount(
  mount: NonNullable<MachineConfig['mounts']>[number],
  volumeOf: (id: string) => VolumeRecord | undefined,
) {
  const volume = mount.volume ? volumeOf(mount.volume) : undefined
  if (!volume) return mount
  return { ...mount, name: volume.name, size_gb: volume.sizeGb, encrypted: volume.encrypted }
}
