import type { MachineConfig, SiloPart } from '#contract'
import type { SiloRecord, SiloSecrets } from './ports.ts'

/** The stack that every silo is an instance of. */
export interface SiloTemplates {
  machineConfig(silo: SiloRecord, part: SiloPart): MachineConfig
  /** The gateway's declarative configuration with this silo's keys and names. */
  gatewayConfig(silo: SiloRecord, secrets: SiloSecrets): string
}
