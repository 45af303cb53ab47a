import { acl } from './acl.ts'
import { basicAuth } from './basic-auth.ts'
import { postFunction, preFunction } from './blank-header.ts'
import { cors } from './cors.ts'
import { httpLog } from './http-log.ts'
import { ipRestriction } from './ip-restriction.ts'
import { jwt } from './jwt.ts'
import { keyAuth } from './key-auth.ts'
import type { PluginDefinition } from './plugin.ts'
import { prometheus } from './prometheus.ts'
import { rateLimiting } from './rate-limiting.ts'
import { requestSizeLimiting } from './request-size-limiting.ts'
import { requestTermination } from './request-termination.ts'
import { requestTransformer } from './request-transformer.ts'

/** Plugins by Kong's names. */
export const plugins: Readonly<Record<string, PluginDefinition>> = {
  cors,
  jwt,
  'key-auth': keyAuth,
  'basic-auth': basicAuth,
  acl,
  'ip-restriction': ipRestriction,
  'request-size-limiting': requestSizeLimiting,
  'rate-limiting': rateLimiting,
  'request-transformer': requestTransformer,
  prometheus,
  'http-log': httpLog,
  'request-termination': requestTermination,
  'pre-function': preFunction,
  'post-function': postFunction,
}
