import type { ServiceDefinition } from '#http'
import { authService } from '#services/auth'
import { gatewayService } from '#services/gateway'
import { restService } from '#services/rest'
import { storageService } from '#services/storage'
import { studioService } from '#services/studio'

/** Every built-in service. Loaded in the service host and by `hangar service`, never in the daemon itself. */
export const services: readonly ServiceDefinition[] = [
  restService,
  authService,
  storageService,
  gatewayService,
  studioService,
]
