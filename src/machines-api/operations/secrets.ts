import * as z from 'zod'
import { bodyOf, type Call, flag, integer, param } from '../call.ts'
import { apiErrors } from '../errors.ts'
import type { ApiOperation } from './operation.ts'

const secrets = '/apps/{app_name}/secrets'
const secret = `${secrets}/{secret_name}`
const app = (call: Call) => param(call, 'app_name')
const name = (call: Call) => param(call, 'secret_name')

export const secretOperations: readonly ApiOperation[] = [
  { method: 'GET', path: secrets, status: 200, answer: async call => ({ secrets: await all(call) }) },
  {
    method: 'POST',
    path: secrets,
    status: 200,
    answer(call) {
      const body = bodyOf(call, z.looseObject({ values: z.record(z.string(), z.string().nullable()) }))
      return call.api.setSecrets(app(call), body.values)
    },
  },
  { method: 'GET', path: secret, status: 200, answer: find },
  {
    method: 'POST',
    path: secret,
    status: 201,
    async answer(call) {
      const { value } = bodyOf(call, z.looseObject({ value: z.string() }))
      const { version } = await call.api.setSecrets(app(call), { [name(call)]: value })
      return { ...(await find(call)), version }
    },
  },
  {
    method: 'DELETE',
    path: secret,
    status: 200,
    async answer(call) {
      await find(call)
      const { version } = await call.api.setSecrets(app(call), { [name(call)]: null })
      return { version }
    },
  },
]

function all(call: Call) {
  const minVersion = integer(call, 'min_version') ?? integer(call, 'version')
  return call.api.listSecrets(app(call), {
    showValues: flag(call, 'show_secrets'),
    ...(minVersion === undefined ? {} : { minVersion }),
  })
}

async function find(call: Call) {
  const found = (await all(call)).find(one => one.name === name(call))
  if (!found) throw apiErrors.secretNotFound(name(call))
  return found
}
