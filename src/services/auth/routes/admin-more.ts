import type { FastifyInstance } from '#http'
import { errors } from '../errors.ts'
import { isUuid } from '../sessions/authenticate.ts'
import { factorsOf } from '../users/identities.ts'
import { instanceId } from '../users/rows.ts'
import { findUserById } from '../users/store.ts'
import { adminCall, userIdOf } from './admin-call.ts'
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
      return (await factorsOf(transaction, [id])).get(id) ?? []
    })
  })

  app.delete('/admin/users/:id/factors/:factor', async request => {
    const call = await adminCall(request)
    const id = userIdOf(request)
    const { factor } = request.params as { factor: string }
    if (!isUuid(factor)) throw errors.factorNotFound()
    return call.database.run(async transaction => {
      const rows = await transaction.query(
        'delete from auth.mfa_factors where id = $1 and user_id = $2 returning id',
        [factor, id],
      )
      if (rows[0] === undefined) throw errors.factorNotFound()
      return rows[0]
    })
  })
}
