import { type SiloPart, siloParts } from '#contract'
import type { SiloRecord } from './ports.ts'

/** `devenv-{client}-{app}-{part}` */
export function appName(silo: Pick<SiloRecord, 'client' | 'app'>, part: SiloPart): string {
  return `devenv-${silo.client}-${silo.app}-${part}`
}

export function appNames(silo: Pick<SiloRecord, 'client' | 'app'>): Record<SiloPart, string> {
  return Object.fromEntries(siloParts.map(part => [part, appName(silo, part)])) as Record<SiloPart, string>
}

/** Parts that this silo has, in the documented order of provisioning. */
export function partsOf(silo: Pick<SiloRecord, 'studio'>): readonly SiloPart[] {
  return silo.studio ? siloParts : siloParts.filter(part => part !== 'studio')
}

/** Parts that may start together, in dependency order. Stopping goes the other way. */
export function waves(silo: Pick<SiloRecord, 'studio'>): readonly (readonly SiloPart[])[] {
  const all: SiloPart[][] = [['pg'], ['rest', 'auth', 'storage'], ['kong', 'studio']]
  const parts = partsOf(silo)
  return all.map(wave => wave.filter(part => parts.includes(part)))
}

/** Private to the silo: apps of one network see each other's names. */
export function networkOf(silo: Pick<SiloRecord, 'id'>): string {
  return `silo-${silo.id}`
}
