import * as z from 'zod'
import { bodyOf, type Call, integer, param, text } from '../call.ts'
import { apiErrors } from '../errors.ts'
import type { ApiOperation } from './operation.ts'

const machine = '/apps/{app_name}/machines/{machine_id}'
const app = (call: Call) => param(call, 'app_name')
const id = (call: Call) => param(call, 'machine_id')
const leaseBody = z.looseObject({ ttl: z.number().nullish(), description: z.string().nullish() })
const metadataBody = z.looseObject({
  metadata: z.record(z.string(), z.string().nullable()).optional(),
  machine_version: z.string().nullish(),
})

export const leaseOperations: readonly ApiOperation[] = [
  {
    method: 'GET',
    path: `${machine}/lease`,
    status: 200,
    answer: async call => ({ status: 'success', data: await call.api.getLease(app(call), id(call)) }),
  },
  {
    method: 'POST',
    path: `${machine}/lease`,
    status: 201,
    async answer(call) {
      const body = bodyOf(call, leaseBody)
      // fly-go sends the time in the query, the specification says the body.
      const ttlSeconds = body.ttl ?? integer(call, 'ttl')
      const description = body.description ?? text(call, 'description')
      const input = { ...(ttlSeconds ? { ttlSeconds } : {}), ...(description ? { description } : {}) }
      return { status: 'success', data: await call.api.acquireLease(app(call), id(call), input, call.caller) }
    },
  },
  {
    method: 'DELETE',
    path: `${machine}/lease`,
    status: 200,
    async answer(call) {
      await call.api.releaseLease(app(call), id(call), call.caller)
      return { status: 'success', data: { ok: true } }
    },
  },
  {
    method: 'GET',
    path: `${machine}/metadata`,
    status: 200,
    answer: call => call.api.getMetadata(app(call), id(call)),
  },
  { method: 'PUT', path: `${machine}/metadata`, status: 204, answer: call => setMetadata(call, true) },
  { method: 'PATCH', path: `${machine}/metadata`, status: 204, answer: call => setMetadata(call, false) },
  {
    method: 'GET',
    path: `${machine}/metadata/{key}`,
    status: 200,
    async answer(call) {
      const value = (await call.api.getMetadata(app(call), id(call)))[param(call, 'key')]
      if (value === undefined) throw apiErrors.metadataNotFound(param(call, 'key'))
      return { value }
    },
  },
  {
    method: 'POST',
    path: `${machine}/metadata/{key}`,
    status: 204,
    answer(call) {
      const { value } = bodyOf(call, z.looseObject({ value: z.string() }))
      return call.api.setMetadata(app(call), id(call), { [param(call, 'key')]: value }, {}, call.caller)
    },
  },
  {
    method: 'DELETE',
    path: `${machine}/metadata/{key}`,
    status: 204,
    answer: call =>
      call.api.setMetadata(app(call), id(call), { [param(call, 'key')]: null }, {}, call.caller),
  },
]

function setMetadata(call: Call, replace: boolean): Promise<void> {
  const body = bodyOf(call, metadataBody)
  const options = { replace, ...(body.machine_version ? { machineVersion: body.machine_version } : {}) }
  return call.api.setMetadata(app(call), id(call), body.metadata ?? {}, options, call.caller)
}
