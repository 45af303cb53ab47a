import type { ServiceDefinition } from '#http'
import { authService } from '#services/auth'
import { gatewayService } from '#services/gateway'
import { mailService } from '#services/mail'
import { restService } from '#services/rest'
import { storageService } from '#services/storage'
import { studioWithInbox } from './studio-with-inbox.ts'

/** Every built-in service. Loaded in the service host and by `hangar service`, never in the daemon itself. */
export const services: readonly ServiceDefinition[] = [
  restService,
  authService,
  storageService,
  gatewayService,
  studioWithInbox,
  mailService,
]
