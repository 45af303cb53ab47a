import { acl } from './acl.ts'
import { basicAuth } from './basic-auth.ts'
import { cors } from './cors.ts'
import { keyAuth } from './key-auth.ts'
import type { PluginFactory } from './plugin.ts'
import { rateLimiting } from './rate-limiting.ts'
import { requestTermination } from './request-termination.ts'
import { requestTransformer } from './request-transformer.ts'

interface Known {
  readonly create: PluginFactory
  /** Kong's own order: what has the higher number runs first. */
  readonly priority: number
}

/** Plugins by Kong's names. */
export const plugins: Readonly<Record<string, Known>> = {
  cors: { create: cors, priority: 2000 },
  'basic-auth': { create: basicAuth, priority: 1100 },
  'key-auth': { create: keyAuth, priority: 1250 },
  acl: { create: acl, priority: 950 },
  'rate-limiting': { create: rateLimiting, priority: 910 },
  'request-transformer': { create: requestTransformer, priority: 801 },
  'request-termination': { create: requestTermination, priority: 2 },
}
