import * as z from 'zod'

/** Something that happened to a silo: to one of its machines, or because somebody asked the desk for it. */
export const siloEventSchema = z.object({
  at: z.string(),
  /** `machine` or `desk`. */
  source: z.enum(['machine', 'desk']),
  /** Service of the silo, or the operation that was called. */
  subject: z.string(),
  type: z.string(),
  outcome: z.string(),
  /** Who asked. */
  by: z.string().nullable(),
  detail: z.string(),
})
export type SiloEvent = z.infer<typeof siloEventSchema>

export const siloLogLineSchema = z.object({ service: z.string(), line: z.string() })
