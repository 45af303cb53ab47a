import type { FastifyInstance, FastifyRequest } from '#http'
import { audit } from '../audit.ts'
import { errors } from '../errors.ts'
import { findFactor, removeFactor } from '../mfa/factors.ts'
import { isUuid } from '../sessions/authenticate.ts'
import { factorsOf } from '../users/identities.ts'
import { type FactorRow, instanceId } from '../users/rows.ts'
import { checkPhone } from '../users/rules.ts'
import { findUserById } from '../users/store.ts'
import { factorView } from '../users/view.ts'
import { adminCall, userIdOf } from './admin-call.ts'
import { bodyOf } from './body.ts'
import { addPagination, pageOf } from './paging.ts'

/** The log of who did what, and factors of users. */
export function adminMoreRoutes(app: FastifyInstance): void {
  app.get('/admin/audit', async (request, reply) => {
    const call = await adminCall(request)
    const page = pageOf(request)
    return call.database.run(async transaction => {
      const counted = await transaction.query<{ total: number }>(
        'select count(*)::int as total from auth.audit_log_entries where instance_id = $1',
        [instanceId],
      )
      const entries = await transaction.query(
        `select id, payload, created_at, ip_address from auth.audit_log_entries
         where instance_id = $1 order by created_at desc, id limit $2 offset $3`,
        [instanceId, page.perPage, (page.page - 1) * page.perPage],
      )
      addPagination(request, reply, { ...page, total: counted[0]?.total ?? 0 })
      return entries
    })
  })

  app.get('/admin/users/:id/factors', async request => {
    const call = await adminCall(request)
    const id = userIdOf(request)
    return call.database.run(async transaction => {
      if (!(await findUserById(transaction, id))) throw errors.userNotFound()
      return ((await factorsOf(transaction, [id])).get(id) ?? []).map(factorView)
    })
  })

  app.put('/admin/users/:id/factors/:factor', async request => {
    const call = await adminCall(request)
    const id = userIdOf(request)
    const factorId = factorIdOf(request)
    const body = bodyOf(request)
    const phone = body.text('phone') === '' ? undefined : checkPhone(body.text('phone'))
    return call.database.run(async transaction => {
      const factor = await findFactor(transaction, id, factorId)
      const rows = await transaction.query<FactorRow & Record<string, unknown>>(
        `update auth.mfa_factors set friendly_name = $2, phone = $3, updated_at = now() where id = $1 returning *`,
        [
          factor.id,
          body.optionalText('friendly_name') || factor.friendly_name,
          phone !== undefined && factor.factor_type === 'phone' ? phone : factor.phone,
        ],
      )
      await audit(call, transaction, 'service', 'factor_updated', { user_id: id, factor_id: factor.id })
      return factorView(rows[0] as FactorRow)
    })
  })

  app.delete('/admin/users/:id/factors/:factor', async request => {
    const call = await adminCall(request)
    const id = userIdOf(request)
    const factorId = factorIdOf(request)
    return call.database.run(async transaction => {
      const factor = await findFactor(transaction, id, factorId)
      await removeFactor(transaction, factor)
      await audit(call, transaction, 'service', 'factor_deleted', { user_id: id, factor_id: factor.id })
      return factorView(factor)
    })
  })
}

function factorIdOf(request: FastifyRequest): string {
  const { factor } = request.params as { factor: string }
  if (!isUuid(factor)) throw errors.factorIdInvalid()
  return factor
}
