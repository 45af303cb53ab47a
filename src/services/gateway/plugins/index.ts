import { acl } from './acl.ts'
import { basicAuth } from './basic-auth.ts'
import { cors } from './cors.ts'
import { jwt } from './jwt.ts'
import { keyAuth } from './key-auth.ts'
import type { PluginDefinition } from './plugin.ts'
import { rateLimiting } from './rate-limiting.ts'
import { requestTermination } from './request-termination.ts'
import { requestTransformer } from './request-transformer.ts'

/** Plugins by Kong's names. */
export const plugins: Readonly<Record<string, PluginDefinition>> = {
  cors,
  jwt,
  'key-auth': keyAuth,
  'basic-auth': basicAuth,
  acl,
  'rate-limiting': rateLimiting,
  'request-transformer': requestTransformer,
  'request-termination': requestTermination,
}
