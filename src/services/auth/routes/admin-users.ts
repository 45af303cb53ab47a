import type { FastifyInstance, FastifyReply, FastifyRequest } from '#http'
import { type Call, callOf } from '../context.ts'
import { errors } from '../errors.ts'
import { isUuid, requireAdmin } from '../sessions/authenticate.ts'
import { createByAdmin } from '../users/admin-create.ts'
import { updateByAdmin } from '../users/admin-update.ts'
import { adminValues } from '../users/admin-values.ts'
import { listUsers } from '../users/list.ts'
import { removeUser } from '../users/remove.ts'
import { findUserById } from '../users/store.ts'
import { viewUser } from '../users/view.ts'
import { bodyOf, queryOf } from './body.ts'

/** What holders of the service key may do with users. */
export function adminRoutes(app: FastifyInstance): void {
  app.get('/admin/users', async (request, reply) => {
    const call = await adminCall(request)
    const page = pageNumber(request, 'page', 1)
    const perPage = pageNumber(request, 'per_page', 50)
    const ascending = /\basc\b/i.test(queryOf(request, 'sort'))
    const { users, total } = await listUsers(call, {
      page,
      perPage,
      filter: queryOf(request, 'filter'),
      ascending,
    })
    addPagination(request, reply, { page, perPage, total })
    return { users, aud: call.audience }
  })

  app.post('/admin/users', async request =>
    createByAdmin(await adminCall(request), adminValues(bodyOf(request))),
  )

  app.get('/admin/users/:id', async request => {
    const call = await adminCall(request)
    const id = userId(request)
    return call.database.run(async transaction => {
      const user = await findUserById(transaction, id)
      if (!user) throw errors.userNotFound()
      return viewUser(transaction, user)
    })
  })

  app.put('/admin/users/:id', async request =>
    updateByAdmin(await adminCall(request), userId(request), adminValues(bodyOf(request))),
  )

  app.delete('/admin/users/:id', async request => {
    const call = await adminCall(request)
    await removeUser(call, userId(request), bodyOf(request).flag('should_soft_delete') ?? false)
    return {}
  })
}

async function adminCall(request: FastifyRequest): Promise<Call> {
  const call = callOf(request)
  await requireAdmin(call)
  return call
}

function userId(request: FastifyRequest): string {
  const { id } = request.params as { id: string }
  if (!isUuid(id)) throw errors.userIdInvalid()
  return id
}

function pageNumber(request: FastifyRequest, name: string, fallback: number): number {
  const text = queryOf(request, name)
  if (text === '') return fallback
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) {
    throw errors.badRequest(`Bad Pagination Parameters: ${name} must be a whole number, not "${text}"`)
  }
  return value || fallback
}

/** Links of the page after this one and of the last one; clients read `page` as the first parameter. */
function addPagination(
  request: FastifyRequest,
  reply: FastifyReply,
  { page, perPage, total }: { page: number; perPage: number; total: number },
): void {
  const last = Math.ceil(total / perPage)
  const link = (target: number, relation: string) => {
    const query = new URLSearchParams(request.query as Record<string, string>)
    query.delete('page')
    return `<${request.url.split('?')[0]}?page=${target}${query.size > 0 ? `&${query}` : ''}>; rel="${relation}"`
  }
  reply.header('x-total-count', String(total))
  reply.header('link', [...(last > page ? [link(page + 1, 'next')] : []), link(last, 'last')].join(', '))
}
