import { appOperations } from './apps.ts'
import { leaseOperations } from './leases.ts'
import { machineOperations } from './machines.ts'
import type { ApiOperation } from './operation.ts'
import { platformOperations } from './platform.ts'
import { secretOperations } from './secrets.ts'
import { volumeOperations } from './volumes.ts'

export const apiOperations: readonly ApiOperation[] = [
  ...appOperations,
  ...machineOperations,
  ...leaseOperations,
  ...volumeOperations,
  ...secretOperations,
  ...platformOperations,
]
