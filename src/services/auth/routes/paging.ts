import type { FastifyReply, FastifyRequest } from '#http'
import { errors } from '../errors.ts'
import { queryOf } from './body.ts'

export interface Page {
  /** From 1. */
  readonly page: number
  readonly perPage: number
}

export function pageOf(request: FastifyRequest): Page {
  return { page: pageNumber(request, 'page', 1), perPage: pageNumber(request, 'per_page', 50) }
}

/** Links of the page after this one and of the last one; clients read `page` as the first parameter. */
export function addPagination(
  request: FastifyRequest,
  reply: FastifyReply,
  { page, perPage, total }: Page & { readonly total: number },
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

function pageNumber(request: FastifyRequest, name: string, fallback: number): number {
  const text = queryOf(request, name)
  if (text === '') return fallback
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) {
    throw errors.badRequest(`Bad Pagination Parameters: ${name} must be a whole number, not "${text}"`)
  }
  return value || fallback
}
