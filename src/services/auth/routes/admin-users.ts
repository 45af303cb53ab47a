import type { FastifyInstance } from '#http'
import { errors } from '../errors.ts'
import { createByAdmin } from '../users/admin-create.ts'
import { updateByAdmin } from '../users/admin-update.ts'
import { adminValues } from '../users/admin-values.ts'
import { listUsers } from '../users/list.ts'
import { removeUser } from '../users/remove.ts'
import { findUserById } from '../users/store.ts'
import { viewUser } from '../users/view.ts'
import { adminCall, userIdOf } from './admin-call.ts'
import { bodyOf, optionalBodyOf, queryOf } from './body.ts'
import { addPagination, pageOf } from './paging.ts'

/** What holders of the service key may do with users. */
export function adminRoutes(app: FastifyInstance): void {
  app.get('/admin/users', async (request, reply) => {
    const call = await adminCall(request)
    const page = pageOf(request)
    const ascending = /\basc\b/i.test(queryOf(request, 'sort'))
    const { users, total } = await listUsers(call, {
      ...page,
      filter: queryOf(request, 'filter'),
      ascending,
    })
    addPagination(request, reply, { ...page, total })
    return { users, aud: call.audience }
  })

  app.post('/admin/users', async request =>
    createByAdmin(await adminCall(request), adminValues(bodyOf(request))),
  )

  app.get('/admin/users/:id', async request => {
    const call = await adminCall(request)
    const id = userIdOf(request)
    return call.database.run(async transaction => {
      const user = await findUserById(transaction, id)
      if (!user) throw errors.userNotFound()
      return viewUser(transaction, user)
    })
  })

  app.put('/admin/users/:id', async request =>
    updateByAdmin(await adminCall(request), userIdOf(request), adminValues(bodyOf(request))),
  )

  app.delete('/admin/users/:id', async request => {
    const call = await adminCall(request)
    await removeUser(call, userIdOf(request), optionalBodyOf(request).flag('should_soft_delete') ?? false)
    return {}
  })
}
