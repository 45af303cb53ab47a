import type { FastifyRequest } from '#http'
import { type Call, callOf } from '../context.ts'
import { errors } from '../errors.ts'
import { isUuid, requireAdmin } from '../sessions/authenticate.ts'

/** A request of somebody who holds the service key. Throws no_authorization, bad_jwt or not_admin. */
export async function adminCall(request: FastifyRequest): Promise<Call> {
  const call = callOf(request)
  await requireAdmin(call)
  return call
}

export function userIdOf(request: FastifyRequest): string {
  const { id } = request.params as { id: string }
  if (!isUuid(id)) throw errors.userIdInvalid()
  return id
}
