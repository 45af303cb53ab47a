import type { Region } from '#contract'

export function regionNode(region: Region) {
  return {
    code: region.code,
    name: region.name,
    latitude: region.latitude,
    longitude: region.longitude,
    gatewayAvailable: region.gateway_available,
    requiresPaidPlan: region.requires_paid_plan,
    deprecated: region.deprecated,
  }
}

/** Fly's sizes; nothing costs anything here. */
export const vmSizes = [
  ...[1, 2, 4, 8].map(cpus => size(`shared-cpu-${cpus}x`, 'shared', cpus, cpus * 256)),
  ...[1, 2, 4, 8, 16].map(cpus => size(`performance-${cpus}x`, 'performance', cpus, cpus * 2048)),
]

function size(name: string, cpuClass: string, cpuCores: number, memoryMb: number) {
  return {
    name,
    cpuClass,
    cpuCores,
    memoryMb,
    memoryGb: memoryMb / 1024,
    priceMonth: 0,
    priceSecond: 0,
  }
}
